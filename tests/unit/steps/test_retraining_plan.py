"""The number and length of the retrainings within a time limit."""

from typing import Any

import pytest

from kubenas.config import Config, parse_config
from kubenas.steps.retraining_plan import RetrainingPlan, plan_retrainings


def config_of(retrain: dict[str, Any], **search: Any) -> Config:
    content = {
        "name": "n",
        "output": "/out",
        "data": {"source": "digits"},
        "training": {"epochs": 20},
        "search": search,
        "retrain": retrain,
        "runner": {"workers": 2},
    }
    return parse_config(content, origin="test")


def test_all_are_retrained_as_long_as_a_trial_without_a_limit() -> None:
    plan = plan_retrainings(config_of({}), epoch_seconds=10)
    assert plan == RetrainingPlan(candidates=2, seeds=2, epochs=20)
    assert plan.work_seconds is None


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (600, RetrainingPlan(2, 2, 27, 300)),
        (4000, RetrainingPlan(2, 2, 60, 2000)),
        (300, RetrainingPlan(2, 1, 27, 300)),
        (100, RetrainingPlan(1, 1, 20, 100)),
    ],
)
def test_short_time_means_fewer_models_and_long_time_longer_training(
    limit: float, expected: RetrainingPlan
) -> None:
    plan = plan_retrainings(config_of({"max_seconds": limit}), epoch_seconds=10)
    assert plan == expected
    assert plan.work_seconds == pytest.approx(0.9 * (expected.seconds or 0))


def test_the_limit_of_the_search_is_that_of_the_retraining_too() -> None:
    plan = plan_retrainings(config_of({}, max_seconds=600), epoch_seconds=10)
    assert plan.seconds == 300


def test_epochs_that_the_trial_has_trained_are_not_paid_again() -> None:
    config = config_of({"max_seconds": 100})
    assert plan_retrainings(config, epoch_seconds=10, kept_epochs=13).epochs == 22
    assert plan_retrainings(config, epoch_seconds=10, kept_epochs=13).seeds == 1


def test_epochs_that_the_user_sets_are_kept() -> None:
    config = config_of({"max_seconds": 4000, "epochs": 25})
    assert plan_retrainings(config, epoch_seconds=10).epochs == 25
