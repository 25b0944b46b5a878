"""The trials that may be retrained."""

from typing import Any

from kubenas.config import Config, parse_config
from kubenas.search.journal import TrialState
from kubenas.search.journal.records import Ended, Proposed
from kubenas.steps.retraining_candidates import default_trial
from kubenas.trial import DeclaredHyperparameters, Outcome

SPACE = {"space": [], "values": {"depth": 3, "rate": 0.1}}


def config_of(**sections: Any) -> Config:
    content = {"name": "n", "output": "/out", "data": {"source": "digits"}}
    return parse_config({**content, **sections}, origin="test")


def trial(number: int, declared: dict[str, Any] | None = None, **values: Any) -> TrialState:
    proposal = Proposed(at=1.0, trial=number, values=values, oracle_trial=str(number))
    return TrialState(
        proposal,
        end=Ended(
            at=2.0,
            trial=number,
            outcome=Outcome.COMPLETED,
            score=0.5,
            declared=DeclaredHyperparameters(values=declared or {}),
        ),
    )


def test_the_default_network_has_the_default_values_of_the_space() -> None:
    other, default = trial(1, depth=4, rate=0.1), trial(0, depth=3, rate=0.1)
    assert default_trial([other, default], config_of(), SPACE) == default
    assert default_trial([other], config_of(), SPACE) is None


def test_a_step_from_the_minimum_may_be_rounded() -> None:
    default = trial(0, depth=3, rate=0.1 * 3 - 0.2)
    assert default.values["rate"] != 0.1
    assert default_trial([default], config_of(), SPACE) == default


def test_the_longest_training_of_the_default_network_counts() -> None:
    longest = trial(7, depth=3, rate=0.1, **{"tuner/epochs": 9})
    assert default_trial([longest, trial(0, depth=3, rate=0.1)], config_of(), SPACE) == longest


def test_a_network_that_declares_further_values_is_not_the_default_one() -> None:
    assert default_trial([trial(0, {"units": 8}, depth=3, rate=0.1)], config_of(), SPACE) is None


def test_a_hypermodel_of_the_user_has_no_default_network_that_is_evaluated() -> None:
    config = config_of(space={"hypermodel": "mine.py:Mine"})
    assert default_trial([trial(0, depth=3, rate=0.1)], config, SPACE) is None
