"""A network of ``transfer``: trained, exported with its preprocessing, and evaluated."""

import keras_tuner
import pytest

from kubenas.spaces.registry import load_hypermodel
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, SpaceRef, Task
from tests.unit.spaces.transfer.backbones import write_backbone
from tests.unit.training.conftest import MakeSpec

VALUES = {"input_size": 32, "frozen_stages": 1, "pooling": "max", "units": 64, "dropout": 0.2}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SpaceRef:
    weights = write_backbone(tmp_path_factory.mktemp("backbone") / "net.keras")
    return SpaceRef(name="transfer", weights=weights, options={"min_input_size": 32})


def of_transfer(spec: AttemptSpec, space: SpaceRef) -> AttemptSpec:
    hp = keras_tuner.HyperParameters()
    load_hypermodel(space, input_shape=(8, 8, 1), num_classes=10).declare_hyperparameters(hp)
    hp.values.update(VALUES)
    return spec.model_copy(update={"space": space, "hyperparameters": hp.get_config()})


def test_the_exported_network_answers_as_the_trained_one(
    make_spec: MakeSpec, space: SpaceRef
) -> None:
    trained = of_transfer(make_spec(plan={"epochs": 2, "keep_model": True}), space)
    before = run_task(trained, Termination())
    assert before.outcome == "completed", before.message

    exported = make_spec(Task.EXPORT, model=f"{trained.prefix}/model.weights.h5")
    result = run_task(of_transfer(exported, space), Termination())
    assert result.outcome == "completed", result.message
    assert result.artifacts["model"] == "model.keras"

    spec = make_spec(Task.EVALUATE, model=f"{exported.prefix}/saved_model")
    result = run_task(of_transfer(spec, space), Termination())
    assert result.outcome == "completed", result.message
    assert result.parameters == before.parameters
    assert result.score == pytest.approx(before.metrics["val_accuracy"], abs=0.2)
