"""The options of ``training:`` reach the trials and the retrainings."""

from typing import Any

import pytest

from kubenas.config import parse_config
from kubenas.search.definition import define
from kubenas.search.training_plan import retraining_plan, trial_plan
from kubenas.trial import SpaceRef, TrainingPlan

SPACE = SpaceRef(name="residual")


def plans(training: dict[str, Any]) -> list[TrainingPlan]:
    """The plans of a trial and of a retraining."""
    content = {"name": "s", "output": "o", "data": {"source": "digits"}, "training": training}
    config = parse_config(content, origin="test")
    definition = define(config, dataset="d", dataset_digest="1", space=SPACE)
    retraining = retraining_plan(
        config, SPACE, "max", number=1, epochs=3, continued=False, with_validation=True
    )
    return [trial_plan(definition), retraining]


@pytest.mark.parametrize(
    ("training", "field", "value"),
    [
        ({}, "average_decay", 0.0),
        ({"average_weights": 0.99}, "average_decay", 0.99),
        ({}, "class_weights", "none"),
        ({"class_weights": "balanced"}, "class_weights", "balanced"),
        ({}, "precision", "auto"),
        ({"precision": "mixed_float16"}, "precision", "mixed_float16"),
    ],
)
def test_trials_and_retrainings_are_trained_alike(
    training: dict[str, Any], field: str, value: object
) -> None:
    assert [getattr(plan, field) for plan in plans(training)] == [value, value]
