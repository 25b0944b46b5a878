"""Trainings in 16 bits, forced by the plan: resumed, and exported in float32."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from kubenas.data.loading import load_raw, load_split
from kubenas.training.fit.checkpoint import load_checkpoint
from kubenas.training.model.candidate import build_trial_candidate, kept_model
from kubenas.training.model.gpu import compute_capability
from kubenas.training.model.precision import dtype_policy
from kubenas.training.model.tolerance import largest_difference, tolerance_of
from kubenas.training.process.attempt import open_attempt
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, Result, Task
from tests.unit.training.conftest import LINEAR, MakeSpec
from tests.unit.training.tasks import test_residual_space

MIXED = ["mixed_bfloat16", "mixed_float16"]
FLOAT32_OUTPUT = LINEAR.replace('"softmax"', '"softmax", dtype="float32"')


def of_residual(spec: AttemptSpec) -> AttemptSpec:
    """A small network whose training learns in a few epochs."""
    spec = test_residual_space.of_residual(spec)
    content = spec.hyperparameters or {}
    changes = {"stages": 1, "stage_1/blocks": 1, "augmentation": "shift", "mixing": "none"}
    values = {**content["values"], **changes}
    return spec.model_copy(update={"hyperparameters": {**content, "values": values}})


def completed(spec: AttemptSpec) -> Result:
    result = run_task(spec, Termination())
    assert result.outcome == "completed", result.message
    return result


def assert_kept_model_answers_alike(trained: AttemptSpec, digits: str) -> None:
    """The probabilities of the trained model and of the kept one, with the same weights."""
    hyperparameters = TrackedHyperparameters(trained.hyperparameters)
    with open_attempt(trained, hyperparameters, Termination()) as attempt:
        candidate = build_trial_candidate(attempt)
        candidate.model.load_weights(f"{trained.prefix}/model.weights.h5")
        kept = kept_model(attempt, candidate)
    images, _ = next(iter(load_split(Path(digits), "validation", batch_size=32)))
    mixed, answers = candidate.model(images, training=False), kept(images, training=False)
    assert mixed.dtype == answers.dtype == tf.float32
    np.testing.assert_allclose(np.sum(mixed, axis=1), 1, atol=1e-5)
    assert 0 < largest_difference(mixed, answers) <= tolerance_of(candidate.model)
    saved = np.load(Path(trained.prefix, "sample_predictions.npy"))
    np.testing.assert_allclose(saved, answers, atol=1e-5)


def test_a_plan_that_names_no_precision_trains_as_suits_the_device(make_spec: MakeSpec) -> None:
    expected = dtype_policy("auto", registered=True, trains=True, capability=compute_capability())
    assert completed(make_spec(source=None, plan={"epochs": 1})).precision == expected


@pytest.mark.parametrize("precision", MIXED)
def test_a_resumed_training_is_exported_in_float32(
    make_spec: MakeSpec, digits: str, precision: str
) -> None:
    plan: dict[str, Any] = {
        "precision": precision,
        "schedule": "wsd",
        "average_decay": 0.5,
        "epochs": 2,
        "keep_checkpoint": True,
    }
    first = of_residual(make_spec(plan=plan))
    assert completed(first).precision == precision
    checkpoint = f"{first.prefix}/checkpoint"
    state = load_checkpoint(checkpoint)
    assert bool(state.loss_scale) == (precision == "mixed_float16")
    assert all(array.dtype != np.float16 for array in (*state.weights, *state.optimizer))

    plan |= {"epochs": 4, "keep_model": True}
    trained = of_residual(make_spec(plan=plan, attempt=2, resume_from=checkpoint))
    before = completed(trained)
    assert (before.precision, before.epochs) == (precision, 4)
    assert before.metrics["val_accuracy"] > 0.2
    assert_kept_model_answers_alike(trained, digits)

    weights = f"{trained.prefix}/model.weights.h5"
    exported = of_residual(make_spec(Task.EXPORT, plan=plan, model=weights))
    result = completed(exported)
    assert result.metrics["saved_model_difference"] <= 1e-4
    assert result.artifacts["model"] == "model.keras"
    raw, _ = next(iter(load_raw(Path(digits), "validation", batch_size=32)))
    served = tf.saved_model.load(f"{exported.prefix}/saved_model/1").signatures["serving_default"]
    answers = served(image=raw)["probabilities"]
    assert answers.dtype == tf.float32
    model = keras.models.load_model(f"{exported.prefix}/model.keras", compile=False)
    assert {layer.compute_dtype for layer in model.get_layer("network").layers} == {"float32"}
    np.testing.assert_allclose(model(raw, training=False), answers, atol=1e-4)
    sample = np.load(Path(trained.prefix, "sample_predictions.npy"))
    np.testing.assert_allclose(sample, answers, atol=1e-4)
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("first", "second"), [("mixed_float16", "float32"), ("float32", "mixed_float16")]
)
def test_a_training_is_resumed_in_another_precision(
    make_spec: MakeSpec, first: str, second: str
) -> None:
    """A promoted trial may run on another machine."""
    plan: dict[str, Any] = {"precision": first, "epochs": 2, "keep_checkpoint": True}
    begun = make_spec(source=None, plan=plan)
    completed(begun)
    begun_state = load_checkpoint(f"{begun.prefix}/checkpoint")
    plan |= {"precision": second, "epochs": 3}
    resumed = make_spec(source=None, plan=plan, attempt=2, resume_from=f"{begun.prefix}/checkpoint")
    result = completed(resumed)
    assert (result.precision, result.epochs) == (second, 3)
    state = load_checkpoint(f"{resumed.prefix}/checkpoint")
    assert state.history[:2] == begun_state.history
    assert len(state.optimizer) == len(begun_state.optimizer)


@pytest.mark.parametrize("precision", MIXED)
def test_a_hypermodel_is_trained_and_rebuilt_in_the_named_precision(
    make_spec: MakeSpec, precision: str
) -> None:
    plan = {"precision": precision, "epochs": 1, "keep_model": True, "schedule": "cosine"}
    trained = make_spec(source=FLOAT32_OUTPUT, plan=plan)
    assert completed(trained).precision == precision
    weights = f"{trained.prefix}/model.weights.h5"
    completed(make_spec(Task.EXPORT, source=FLOAT32_OUTPUT, plan=plan, model=weights))


def test_the_policy_of_a_hypermodel_is_used_unless_the_plan_names_one(make_spec: MakeSpec) -> None:
    source = "import keras\nkeras.config.set_dtype_policy('mixed_bfloat16')\n" + FLOAT32_OUTPUT
    assert completed(make_spec(source=source, plan={"epochs": 1})).precision == "mixed_bfloat16"
    plan = {"epochs": 1, "precision": "float32"}
    assert completed(make_spec(source=source, plan=plan, attempt=2)).precision == "float32"
