"""A network of ``residual`` with all its random layers: trained, exported and evaluated."""

import keras_tuner
import pytest

from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.hypermodel import ResidualHyperModel
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, SpaceRef, Task
from tests.unit.training.conftest import MakeSpec

VALUES = {
    "stages": 2,
    "stage_1/block": "inverted",
    "stage_1/expansion": 2,
    "stage_2/filters": 16,
    "stage_2/squeeze_excitation": True,
    "augmentation": "strong",
    "drop_path": 0.1,
    "dropout": 0.2,
    "label_smoothing": 0.1,
    "mixing": "cutmix",
}


def of_residual(spec: AttemptSpec) -> AttemptSpec:
    hp = keras_tuner.HyperParameters()
    options = ResidualOptions()
    space = ResidualHyperModel(input_shape=(8, 8, 1), num_classes=10, options=options)
    space.declare_hyperparameters(hp)
    hp.values.update(VALUES)
    return spec.model_copy(
        update={"space": SpaceRef(name="residual"), "hyperparameters": hp.get_config()}
    )


def test_the_exported_network_answers_as_the_trained_one(make_spec: MakeSpec) -> None:
    trained = of_residual(make_spec(plan={"epochs": 2, "keep_model": True}))
    before = run_task(trained, Termination())
    assert before.outcome == "completed", before.message
    assert 0.1 < before.metrics["val_accuracy"] <= 1

    weights = f"{trained.prefix}/model.weights.h5"
    exported = of_residual(make_spec(Task.EXPORT, model=weights))
    result = run_task(exported, Termination())
    assert result.outcome == "completed", result.message
    assert result.artifacts["model"] == "model.keras"

    spec = of_residual(make_spec(Task.EVALUATE, model=f"{exported.prefix}/saved_model"))
    result = run_task(spec, Termination())
    assert result.outcome == "completed", result.message
    assert result.parameters == before.parameters
    assert result.score == pytest.approx(before.metrics["val_accuracy"], abs=0.2)
