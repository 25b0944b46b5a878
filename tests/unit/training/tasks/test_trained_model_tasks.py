"""Tests of the EVALUATE and EXPORT tasks, with and without user-defined layers."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from kubenas.data.dataset.schema import read_schema
from kubenas.data.loading import load_raw
from kubenas.storage import open_storage
from kubenas.training.evaluation import Evaluation
from kubenas.training.process.stopping import Termination
from kubenas.training.sample_request import SampleAnswer, SampleRequest
from kubenas.training.tasks.run import run_task
from kubenas.trial import SpaceRef, Task, TrainedNetwork
from tests.unit.spaces.transfer.backbones import write_backbone
from tests.unit.training.conftest import LINEAR, MakeSpec

LAYER = """
import keras
class Twice(keras.layers.Layer):
    def call(self, values):
        return 2 * values
"""
USING_IT = LINEAR.replace("keras.layers.Flatten()(image)", "Twice()(keras.layers.Flatten()(image))")
OWN_LAYER = LAYER + USING_IT
BESIDE_A_FUNCTION = "from layers_beside import Twice\n" + USING_IT.replace(
    "class Mine(keras_tuner.HyperModel):\n    def build(self, hp):", "def Mine(hp):"
)


@pytest.mark.parametrize(
    "source",
    [None, OWN_LAYER, BESIDE_A_FUNCTION],
    ids=["layers", "own layer", "own layer beside a function"],
)
def test_a_trained_model_is_evaluated_and_exported(
    make_spec: MakeSpec, digits: str, source: str | None, tmp_path: Path
) -> None:
    (tmp_path / "layers_beside.py").write_text(LAYER)
    trained = make_spec(source=source, plan={"epochs": 3, "keep_model": True})
    before = run_task(trained, Termination())
    assert before.artifacts["weights"] == "model.weights.h5"

    exported = make_spec(Task.EXPORT, source=source, model=f"{trained.prefix}/model.weights.h5")
    result = run_task(exported, Termination())
    assert result.outcome == "completed", result.message
    assert max(result.metrics.values()) <= 1e-4
    assert result.artifacts["model"] == "model.keras"

    spec = make_spec(
        Task.EVALUATE,
        source=source,
        model=f"{exported.prefix}/saved_model",
        simple_models=True,
    )
    result = run_task(spec, Termination())
    assert result.outcome == "completed", result.message
    assert result.parameters == before.parameters
    assert result.flops
    assert result.metrics["model_mib"] == pytest.approx(4 * result.parameters / 2**20, rel=0.01)
    evaluation = Evaluation.from_json(Path(spec.prefix, "evaluation.json").read_bytes())
    assert result.score == evaluation.accuracy > 0.5
    assert evaluation.examples == read_schema(open_storage(digits)).splits["test"].examples
    assert [model.kind for model in evaluation.simple_models] == ["linear", "majority"]
    with np.load(Path(spec.prefix, "predictions.npz")) as predictions:
        labels, probabilities = predictions["labels"], predictions["probabilities"]
    assert (probabilities.argmax(axis=1) == labels).mean() == evaluation.accuracy

    keras_file = f"{exported.prefix}/model.keras"  # the only export of some earlier versions
    spec = make_spec(Task.EVALUATE, source=source, model=keras_file, attempt=2)
    other = run_task(spec, Termination())
    again = Evaluation.from_json(Path(spec.prefix, "evaluation.json").read_bytes())
    assert again.simple_models == ()
    assert (other.score, other.parameters, other.flops) == (
        result.score,
        result.parameters,
        result.flops,
    )
    served = tf.saved_model.load(f"{exported.prefix}/saved_model/1").signatures["serving_default"]
    raw, truth = next(iter(load_raw(Path(digits), "test", batch_size=300)))
    answers = served(image=raw)["probabilities"].numpy()
    np.testing.assert_allclose(answers, probabilities, atol=1e-4)
    np.testing.assert_array_equal(truth, labels)
    request = SampleRequest.from_json(Path(exported.prefix, "sample_request.json").read_bytes())
    answer = SampleAnswer.from_json(Path(exported.prefix, "sample_answer.json").read_bytes())
    np.testing.assert_array_equal(request.instances, raw[: len(request.instances)])
    np.testing.assert_allclose(
        served(image=tf.constant(request.instances, tf.float32))["probabilities"],
        answer.predictions,
        atol=answer.tolerance,
    )
    names = json.loads(Path(exported.prefix, "labels.json").read_text())
    assert list(answer.labels) == [names[k] for k in np.argmax(answer.predictions, axis=1)]
    assert len(answer.labels) == len(request.instances) == 8


def test_an_evaluation_evaluates_the_default_network_too(make_spec: MakeSpec) -> None:
    """The network is compared with itself: both have the same accuracy."""
    trained = make_spec(plan={"epochs": 2, "keep_model": True})
    run_task(trained, Termination())
    weights = f"{trained.prefix}/model.weights.h5"
    exported = make_spec(Task.EXPORT, model=weights)
    run_task(exported, Termination())
    network = TrainedNetwork(hyperparameters=trained.hyperparameters, weights=weights, seconds=12.5)
    spec = make_spec(
        Task.EVALUATE, model=f"{exported.prefix}/saved_model", simple_models=True
    ).model_copy(update={"default_network": network})
    result = run_task(spec, Termination())
    assert result.outcome == "completed", result.message
    evaluation = Evaluation.from_json(Path(spec.prefix, "evaluation.json").read_bytes())
    default, *others = evaluation.simple_models
    assert [model.kind for model in others] == ["linear", "majority"]
    assert (default.kind, default.train_seconds) == ("default", 12.5)
    assert default.accuracy == evaluation.accuracy > 0.3

    other = network.model_copy(update={"weights": f"{exported.prefix}/labels.json"})
    spec = spec.model_copy(update={"default_network": other, "attempt": 2})
    assert run_task(spec, Termination()).outcome == "completed"
    again = Evaluation.from_json(Path(spec.prefix, "evaluation.json").read_bytes())
    assert [model.kind for model in again.simple_models] == ["linear", "majority"]


def test_an_evaluation_compares_with_a_pretrained_network(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    """A file that cannot be used, or one that needs too much memory, costs its row only."""
    trained = make_spec(plan={"epochs": 1, "keep_model": True})
    run_task(trained, Termination())
    exported = make_spec(Task.EXPORT, model=f"{trained.prefix}/model.weights.h5")
    run_task(exported, Termination())
    backbone = SpaceRef(
        name="transfer",
        options={"min_input_size": 32, "max_input_size": 32},
        weights=write_backbone(tmp_path / "net.keras"),
    )
    damaged = backbone.model_copy(update={"weights": f"{exported.prefix}/model.keras"})
    Path(exported.prefix, "model.keras").write_bytes(b"damaged")
    spec = make_spec(Task.EVALUATE, model=f"{exported.prefix}/saved_model", simple_models=True)
    others = ["linear", "majority"]
    for number, (changes, kinds) in enumerate(
        [
            ({"backbone": backbone}, ["pretrained", *others]),
            ({"backbone": damaged}, others),
            ({"backbone": backbone, "host_ooms": 1}, others),
        ],
        start=1,
    ):
        one = spec.model_copy(update={"attempt": number, **changes})
        result = run_task(one, Termination())
        assert result.outcome == "completed", result.message
        evaluation = Evaluation.from_json(Path(one.prefix, "evaluation.json").read_bytes())
        assert [model.kind for model in evaluation.simple_models] == kinds


def test_a_rebuilt_model_that_predicts_otherwise_is_refused(make_spec: MakeSpec) -> None:
    """Noise represents any difference between two builds."""
    source = OWN_LAYER.replace("2 * values", "values + keras.random.normal((64,))")
    trained = make_spec(source=source, plan={"epochs": 1, "keep_model": True})
    run_task(trained, Termination())
    spec = make_spec(Task.EXPORT, source=source, model=f"{trained.prefix}/model.weights.h5")
    result = run_task(spec, Termination())
    assert (result.outcome, result.failure) == ("failed", "application")
    assert "build() must return the same model for the same hyperparameters" in result.message
    assert not Path(spec.prefix, "saved_model").exists()


def test_a_spec_without_a_model_is_refused(make_spec: MakeSpec) -> None:
    spec = make_spec(Task.EVALUATE, source=None)
    result = run_task(spec, Termination())
    assert (result.outcome, result.failure) == ("failed", "configuration")
    assert "'model' is missing" in result.message


SUBCLASS = """
import keras, keras_tuner
class Net(keras.Model):
    def __init__(self, blocks, head):
        super().__init__()
        self.flat, self.blocks, self.head = keras.layers.Flatten(), blocks, head
    def call(self, values):
        values = self.flat(values)
        for block in self.blocks:
            values = block(values)
        return self.head(values)
class Mine(keras_tuner.HyperModel):
    def build(self, hp):
        blocks = [keras.layers.Dense(hp.Int("units", 16, 64), "relu")]
        model = Net(blocks, keras.layers.Dense(10, "softmax"))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model
"""
PYTHON_LAMBDA = LINEAR.replace(
    "keras.layers.Flatten()(image)",
    "keras.layers.Flatten()(keras.layers.Lambda(lambda values: values / 2)(image))",
)
MIXED = """import keras
keras.mixed_precision.set_global_policy("{policy}")
""" + LINEAR.replace('"softmax"', '"softmax", dtype="float32"').replace(
    "(image)\n", "(keras.layers.Conv2D(4, 3)(image))\n"
)


@pytest.mark.parametrize(
    ("source", "reloads"),
    [
        (SUBCLASS, False),
        (PYTHON_LAMBDA, False),
        (MIXED.format(policy="mixed_float16"), True),
        (MIXED.format(policy="mixed_bfloat16"), True),
    ],
    ids=["subclass", "lambda", "float16", "bfloat16"],
)
def test_models_that_keras_tuner_can_rebuild_are_exported(
    make_spec: MakeSpec, source: str, reloads: bool
) -> None:
    trained = make_spec(source=source, plan={"epochs": 1, "keep_model": True})
    result = run_task(trained, Termination())
    assert result.outcome == "completed", result.message
    exported = make_spec(Task.EXPORT, source=source, model=f"{trained.prefix}/model.weights.h5")
    result = run_task(exported, Termination())
    assert result.outcome == "completed", result.message
    signature = json.loads(Path(exported.prefix, "signature.json").read_text())
    assert ("model" in result.artifacts) == reloads == bool(signature["keras_model"])
    assert ("Keras cannot save and load this model" in result.message) == (not reloads)

    spec = make_spec(Task.EVALUATE, source=source, model=f"{exported.prefix}/saved_model")
    Path(spec.prefix).parents[1].joinpath("mine.py").unlink()  # evaluation needs no user code
    after = run_task(spec, Termination())
    assert after.outcome == "completed", after.message
    assert after.parameters == result.parameters
    assert after.flops
    assert after.score is not None
    assert after.score > 0.2
    assert keras.config.dtype_policy().name == "float32"
