"""A search with a time limit ends in time to train its best network."""

from dataclasses import replace

import pytest

from kubenas.config import Config, parse_config
from kubenas.search.budget.cost import Cost
from kubenas.search.budget.limits import Usage
from kubenas.search.budget.remaining_time import first_trial_alone, remaining_time_reason

USAGE = Usage(
    trials=1,
    seconds=100.0,
    cost=Cost(),
    affordable_seconds=None,
    best=0.5,
    best_trial=0,
    epoch_seconds=10.0,
    slow_epoch_seconds=10.0,
)


def config_of(seconds: float | None, eta: int = 3, retrain_seconds: float | None = None) -> Config:
    content = {
        "name": "n",
        "output": "/out",
        "data": {"source": "digits"},
        "training": {"epochs": 27},
        "search": {"max_seconds": seconds, "rungs": {"eta": eta}},
        "retrain": {"max_seconds": retrain_seconds},
    }
    return parse_config(content, origin="test")


@pytest.mark.parametrize(("seconds", "over"), [(None, False), (115, False), (114, True)])
def test_an_attempt_needs_half_of_its_time(seconds: float | None, over: bool) -> None:
    config = config_of(seconds, retrain_seconds=1000)  # 3 epochs of 10 seconds
    words = "the remaining 14 seconds are too few for another trial"
    assert remaining_time_reason(config, USAGE, epochs=3) == (words if over else "")


@pytest.mark.parametrize(
    ("seconds", "retrain_seconds", "over"),
    [(185, None, False), (184, None, True), (150, 20, False)],
)
def test_the_best_network_can_be_trained_to_the_end(
    seconds: float, retrain_seconds: float | None, over: bool
) -> None:
    reason = remaining_time_reason(config_of(seconds, 3, retrain_seconds), USAGE, epochs=3)
    assert ("to train the best network: its 27 epochs take 270" in reason) == over
    assert bool(reason) == over


def test_the_time_of_the_best_network_counts_and_not_that_of_slow_ones() -> None:
    slow = replace(USAGE, epoch_seconds=20.0, best_epoch_seconds=10.0)
    assert remaining_time_reason(config_of(185), slow, epochs=3) == ""
    assert remaining_time_reason(config_of(184), slow, epochs=3).endswith("epochs take 270")


def test_trials_without_rungs_are_trained_to_the_end_anyway() -> None:
    assert not remaining_time_reason(config_of(114, eta=1), USAGE, epochs=2)


def test_the_first_trials_run_until_the_speed_is_known() -> None:
    unknown = replace(USAGE, epoch_seconds=None)
    assert not remaining_time_reason(config_of(101), unknown, epochs=3)


def test_the_speed_is_measured_with_one_trial_alone_on_one_machine() -> None:
    unknown = replace(USAGE, epoch_seconds=None)
    config = config_of(100)
    assert not first_trial_alone(config, unknown)  # the runner is not chosen yet
    runner = config.runner.model_copy(update={"kind": "local"})
    assert first_trial_alone(config.model_copy(update={"runner": runner}), unknown)
    assert not first_trial_alone(config.model_copy(update={"runner": runner}), USAGE)
