"""Trials of a search, as Keras-Tuner's own results show them."""

from typing import Any

import keras_tuner
import pytest

from kubenas.search.journal.records import Ended, Proposed, Started
from kubenas.search.journal.state import SearchState, TrialState
from kubenas.trial import Declared, Outcome
from kubenas.tuner.oracle import SearchedOracle, TooManyFailures


def ended(*outcomes: Outcome, declared: Declared | None = None) -> SearchState:
    trials = {
        number: TrialState(
            proposal=Proposed(at=0.0, trial=number, values={"x": 1}, oracle_trial=str(number)),
            started=(Started(at=0.0, trial=number, attempt=1),),
            end=Ended(
                at=float(number),
                trial=number,
                outcome=outcome,
                metrics={"val_loss": 1.0},
                declared=declared or Declared(),
            ),
        )
        for number, outcome in enumerate(outcomes)
    }
    return SearchState(trials=trials)


def oracle(**options: Any) -> SearchedOracle:
    objective = keras_tuner.Objective("val_loss", "min")
    return SearchedOracle(objective=objective, max_trials=8, **options)


def test_all_trials_are_shown_though_too_many_have_failed():
    own = oracle(max_consecutive_failed_trials=2)
    own.take(ended(), tell=True)
    with pytest.raises(TooManyFailures, match="limit of 2"):
        own.take(ended(*[Outcome.FAILED] * 3), tell=True)
    assert [trial.status for trial in own.trials.values()] == ["FAILED"] * 3


def test_failures_of_an_earlier_session_do_not_keep_the_search_from_going_on():
    own = oracle(max_consecutive_failed_trials=2)
    own.take(ended(*[Outcome.FAILED] * 3), tell=False)
    own.take(ended(*[Outcome.FAILED] * 4), tell=True)
    with pytest.raises(TooManyFailures):
        own.take(ended(*[Outcome.FAILED] * 5), tell=True)


def test_a_trial_that_succeeds_in_between_counts():
    own = oracle(max_consecutive_failed_trials=2)
    states = [Outcome.FAILED, Outcome.COMPLETED, Outcome.FAILED]
    own.take(ended(*states), tell=True)
    assert len(own.trials) == 3


def test_what_was_proposed_is_shown_whatever_the_trial_says():
    new = keras_tuner.HyperParameters()
    new.Int("x", 5, 9)
    new.Int("y", 2, 9)
    declared = Declared(new=tuple(new.get_config()["space"]), values={"x": 5, "y": 3})
    own = oracle()
    own.take(ended(Outcome.COMPLETED, declared=declared), tell=True)
    (trial,) = own.trials.values()
    assert trial.hyperparameters.values == {"x": 1, "y": 3}
