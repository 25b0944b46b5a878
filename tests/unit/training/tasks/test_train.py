"""Tests of the TRAIN task: results, resumption, stopping and errors of user code."""

import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubenas.errors import StorageError
from kubenas.storage import open_storage
from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.checkpoint import load_checkpoint, save_checkpoint
from kubenas.training.fit.history import EpochRecord, history_from_jsonl
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, Result
from tests.unit.training.conftest import LINEAR, MakeSpec, spec_in


def run(spec: AttemptSpec) -> Result:
    return run_task(spec, Termination())


def history(spec: AttemptSpec) -> tuple[EpochRecord, ...]:
    return history_from_jsonl(Path(spec.prefix, "history.jsonl").read_bytes())


def run_history(spec: AttemptSpec) -> tuple[EpochRecord, ...]:
    assert run(spec).outcome == "completed"
    return history(spec)


def with_fit(body: str) -> str:
    return LINEAR + "    def fit(self, hp, model, *args, **kwargs):\n        " + body + "\n"


def test_a_result_has_the_best_epoch_and_the_cost_of_the_model(make_spec: MakeSpec) -> None:
    spec = make_spec(source=None, plan={"epochs": 2})
    result = run(spec)
    epochs = history(spec)
    assert (result.outcome, result.epochs, len(epochs)) == ("completed", 2, 2)
    assert result.score == max(epoch.metrics["val_accuracy"] for epoch in epochs)
    assert result.best_epoch is not None
    assert result.metrics == epochs[result.best_epoch].metrics
    layers = json.loads(Path(spec.prefix, "architecture.json").read_text())["layers"]
    assert sum(layer["parameters"] for layer in layers) == result.parameters
    assert all(layer["inbound"] for layer in layers[1:])
    convolution = next(layer for layer in layers if layer["class"] == "Conv2D")
    height, width, filters = convolution["output_shape"]
    kernel = math.prod(convolution["config"]["kernel_size"])
    assert result.flops is not None
    assert result.flops > 2 * height * width * filters * kernel
    assert result.latency_ms is not None
    assert 0 < result.latency_ms < 1000
    assert not Path(spec.prefix, "checkpoint").exists()


def test_random_numbers_drawn_at_load_do_not_change_initial_weights(make_spec: MakeSpec) -> None:
    alone = run(make_spec())
    drawing = run(make_spec(source="import random\nrandom.random()\n" + LINEAR, attempt=2))
    assert drawing.metrics == alone.metrics


@pytest.fixture(scope="module")
def first(digits: str, tmp_path_factory: pytest.TempPathFactory) -> AttemptSpec:
    """An attempt with a checkpoint after one epoch."""
    plan = {"epochs": 1, "keep_checkpoint": True}
    spec = spec_in(tmp_path_factory.mktemp("first"), digits, plan=plan)
    assert run(spec).artifacts["checkpoint"] == "checkpoint"
    return spec


def changed(first: AttemptSpec, folder: Path, **changes: Any) -> str:
    """Returns the URI of a modified copy of the first attempt's checkpoint."""
    state = replace(load_checkpoint(f"{first.prefix}/checkpoint"), **changes)
    save_checkpoint(open_storage(str(folder / "changed")), state)
    return str(folder / "changed" / "checkpoint")


def test_a_resumed_attempt_goes_on_and_never_loses_a_better_epoch(
    make_spec: MakeSpec, first: AttemptSpec, tmp_path: Path
) -> None:
    state = load_checkpoint(f"{first.prefix}/checkpoint")
    unbeatable = changed(first, tmp_path, best=BestEpoch("max", 0, 2.0))
    plan = {"epochs": 3, "keep_checkpoint": True, "checkpoint_seconds": 0}
    second = make_spec(attempt=2, plan=plan, resume_from=unbeatable)
    result = run(second)
    assert (result.epochs, result.best_epoch) == (3, 0)
    assert [epoch.epoch for epoch in history(second)] == [0, 1, 2]
    assert history(second)[0] == history(first)[0]
    after = load_checkpoint(f"{second.prefix}/checkpoint")
    assert (after.best.score, after.best.waited) == (2.0, 2)
    assert all((a == b).all() for a, b in zip(after.best_weights, state.weights, strict=True))
    assert any((a != b).any() for a, b in zip(after.weights, state.weights, strict=True))
    assert int(after.optimizer[0]) == 3 * int(state.optimizer[0])  # the step counter went on


def test_a_finished_training_is_not_repeated(make_spec: MakeSpec, first: AttemptSpec) -> None:
    source = LINEAR.replace(
        "class Mine",
        """class Never(keras.Model):
    def train_step(self, data):
        raise AssertionError("trained again")
class Mine""",
    ).replace("keras.Model(image", "Never(image")
    uri = f"{first.prefix}/checkpoint"
    result = run(make_spec(source=source, plan={"epochs": 1}, resume_from=uri))
    assert (result.outcome, result.epochs) == ("completed", 1)
    assert result.score == history(first)[0].metrics["val_accuracy"]


def test_an_unusable_checkpoint_means_a_fresh_start(
    make_spec: MakeSpec, first: AttemptSpec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (weights, bias) = load_checkpoint(f"{first.prefix}/checkpoint").weights
    other = changed(first, tmp_path, weights=(weights[1:], bias), best_weights=(weights[1:], bias))
    for uri in (other, str(tmp_path / "nowhere")):
        spec = make_spec(plan={"epochs": 1, "patience": 9}, resume_from=uri)
        assert [epoch.epoch for epoch in run_history(spec)] == [0]
    assert caplog.text.count("training starts from the beginning") == 2


def test_a_deadline_keeps_the_result_so_far(make_spec: MakeSpec, first: AttemptSpec) -> None:
    uri = f"{first.prefix}/checkpoint"
    spec = make_spec(plan={"epochs": 100_000}, resume_from=uri, deadline=time.time() + 1)
    result = run(spec)
    assert (result.outcome, result.cut_short) == ("completed", True)
    assert 1 <= result.epochs == len(history(spec)) < 100_000


def test_patience_ends_a_training_early(make_spec: MakeSpec) -> None:
    source = LINEAR.replace("Adam(0.02)", "SGD(0.0)")
    result = run(make_spec(source=source, plan={"epochs": 50, "patience": 2}))
    assert (result.outcome, result.epochs, result.best_epoch) == ("completed", 3, 0)


def test_nan_is_infeasible_at_once(make_spec: MakeSpec) -> None:
    nan = '"softmax", bias_initializer=keras.initializers.Constant(float("nan"))'
    source = LINEAR.replace('"softmax"', nan)
    result = run(make_spec(source=source, plan={"epochs": 50}))
    assert (result.outcome, result.failure) == ("infeasible", "nan")
    assert "after 1 steps" in result.message


def test_a_deadline_before_the_first_epoch_is_a_failure(make_spec: MakeSpec) -> None:
    result = run(make_spec(deadline=time.time()))
    assert (result.outcome, result.failure) == ("failed", "deadline")


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("return 0.25", 0.25),
        ("return {'val_accuracy': 0.5, 'size': 3}", 0.5),
        ("model.fit(*args, **{**kwargs, 'epochs': 1}); return [0.5, 1.0]", 0.75),
    ],
)
def test_the_return_value_of_fit_is_the_score(make_spec: MakeSpec, body: str, score: float) -> None:
    result = run(make_spec(source=with_fit(body)))
    assert (result.outcome, result.score) == ("completed", score)


@pytest.mark.parametrize("source", [LINEAR, with_fit("return model.fit(*args, **kwargs)")])
def test_a_missing_objective_lists_the_metrics(make_spec: MakeSpec, source: str) -> None:
    result = run(make_spec(source=source, plan={"objective": "val_acc"}))
    assert (result.outcome, result.failure) == ("failed", "configuration")
    assert "'val_acc'" in result.message
    assert "accuracy, loss, val_accuracy, val_loss" in result.message


def test_errors_of_user_code_are_classified(make_spec: MakeSpec) -> None:
    build = LINEAR.replace("def build(self, hp):", "def build(self, hp):\n        1 / 0")
    result = run(make_spec(source=build))
    assert (result.outcome, result.failure) == ("infeasible", "invalid-graph")
    assert result.message.endswith("mine.py:5)")
    result = run(make_spec(source=with_fit("raise ValueError('mine')")))
    assert (result.outcome, result.failure) == ("failed", "application")
    result = run(make_spec(source="import keras_tuner\nMine = 3\n"))
    assert (result.outcome, result.failure) == ("failed", "configuration")


def test_a_network_that_does_not_fit_the_data_is_infeasible(make_spec: MakeSpec) -> None:
    source = LINEAR.replace("Dense(10,", "Dense(3,")
    result = run(make_spec(source=source.replace("(8, 8, 1)", "(9, 8, 1)")))
    assert (result.outcome, result.failure) == ("infeasible", "invalid-graph"), result.message


def test_a_store_that_refuses_leaves_no_result(make_spec: MakeSpec) -> None:
    spec = make_spec()
    Path(spec.prefix).parent.write_text("a file where a folder should be")
    with pytest.raises(StorageError):
        run(spec)
