"""Tests of the trials of a search in Keras-Tuner's result methods."""

from typing import Any

import keras_tuner
import pytest

from kubenas.search.journal.records import Ended, Proposed, Started
from kubenas.search.journal.state import SearchState, TrialState
from kubenas.trial import DeclaredHyperparameters, Outcome
from kubenas.tuner.oracle import SearchStateOracle, TooManyFailures


def ended(*outcomes: Outcome, declared: DeclaredHyperparameters | None = None) -> SearchState:
    trials = {
        number: TrialState(
            proposal=Proposed(at=0.0, trial=number, values={"x": 1}, oracle_trial=str(number)),
            started=(Started(at=0.0, trial=number, attempt=1),),
            end=Ended(
                at=float(number),
                trial=number,
                outcome=outcome,
                metrics={"val_loss": 1.0},
                declared=declared or DeclaredHyperparameters(),
            ),
        )
        for number, outcome in enumerate(outcomes)
    }
    return SearchState(trials=trials)


def oracle(**options: Any) -> SearchStateOracle:
    objective = keras_tuner.Objective("val_loss", "min")
    return SearchStateOracle(objective=objective, max_trials=8, **options)


def test_all_trials_are_shown_though_too_many_have_failed():
    own = oracle(max_consecutive_failed_trials=2)
    own.update_from(ended(), announce=True)
    with pytest.raises(TooManyFailures, match="limit of 2"):
        own.update_from(ended(*[Outcome.FAILED] * 3), announce=True)
    assert [trial.status for trial in own.trials.values()] == ["FAILED"] * 3


def test_failures_of_an_earlier_session_do_not_keep_the_search_from_going_on():
    own = oracle(max_consecutive_failed_trials=2)
    own.update_from(ended(*[Outcome.FAILED] * 3), announce=False)
    own.update_from(ended(*[Outcome.FAILED] * 4), announce=True)
    with pytest.raises(TooManyFailures):
        own.update_from(ended(*[Outcome.FAILED] * 5), announce=True)


def test_a_trial_that_succeeds_in_between_counts():
    own = oracle(max_consecutive_failed_trials=2)
    states = [Outcome.FAILED, Outcome.COMPLETED, Outcome.FAILED]
    own.update_from(ended(*states), announce=True)
    assert len(own.trials) == 3


def test_what_was_proposed_is_shown_whatever_the_trial_says():
    new = keras_tuner.HyperParameters()
    new.Int("x", 5, 9)
    new.Int("y", 2, 9)
    declared = DeclaredHyperparameters(
        new=tuple(new.get_config()["space"]), values={"x": 5, "y": 3}
    )
    own = oracle()
    own.update_from(ended(Outcome.COMPLETED, declared=declared), announce=True)
    (trial,) = own.trials.values()
    assert trial.hyperparameters.values == {"x": 1, "y": 3}
