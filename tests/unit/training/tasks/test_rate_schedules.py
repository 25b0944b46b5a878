"""Trainings with a learning rate schedule: the rate of each epoch, promotion and short time."""

from pathlib import Path
from typing import Any

import pytest

from kubenas.training.fit import callback
from kubenas.training.fit.checkpoint import load_checkpoint
from kubenas.training.fit.history import history_from_jsonl
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, Result
from tests.unit.training.conftest import LINEAR, MakeSpec, spec_in

SGD = LINEAR.replace("keras.optimizers.Adam(0.02)", "keras.optimizers.SGD(RATE)")
FIRST_RUNG = {"epochs": 3, "schedule": "wsd", "keep_checkpoint": True}


def reporting(rate: str) -> str:
    """A HyperModel whose epochs report the sum of the learning rates of their steps."""
    return (
        SGD.replace("RATE", rate)
        .replace(
            "class Mine",
            """class Reporting(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rates = keras.metrics.Sum(name="rate_sum")
    def train_step(self, data):
        self.rates.update_state(self.optimizer.learning_rate)
        return super().train_step(data)
class Mine""",
        )
        .replace("keras.Model(image", "Reporting(image")
    )


def trained(spec: AttemptSpec) -> tuple[Result, list[float]]:
    """Runs the attempt. Returns its result and the mean learning rate of each epoch."""
    result = run_task(spec, Termination())
    assert result.outcome == "completed", result.message
    epochs = history_from_jsonl(Path(spec.prefix, "history.jsonl").read_bytes())
    return result, [epoch.metrics["rate_sum"] / 10 for epoch in epochs]


def rates(spec: AttemptSpec) -> list[float]:
    return trained(spec)[1]


@pytest.fixture(scope="module")
def first_rung(digits: str, tmp_path_factory: pytest.TempPathFactory) -> AttemptSpec:
    folder = tmp_path_factory.mktemp("rung")
    spec = spec_in(folder, digits, source=reporting("0.1"), plan=FIRST_RUNG)
    assert rates(spec) == pytest.approx([0.085, 0.1, 0.05], rel=1e-3)
    return spec


def test_a_promoted_training_continues_before_the_decay(
    make_spec: MakeSpec, first_rung: AttemptSpec
) -> None:
    uri = f"{first_rung.prefix}/checkpoint"
    before = load_checkpoint(uri).before_decay
    assert before is not None
    assert before.epochs == 2
    spec = make_spec(
        source=reporting("0.1"), plan={**FIRST_RUNG, "epochs": 9}, attempt=2, resume_from=uri
    )
    expected = [0.085, *[0.1] * 5, 0.1 * 5 / 6, 0.05, 0.1 / 6]
    assert rates(spec) == pytest.approx(expected, rel=1e-3)
    last = load_checkpoint(f"{spec.prefix}/checkpoint")
    assert last.before_decay is not None
    assert (last.epochs, last.before_decay.epochs) == (9, 6)


def test_an_attempt_that_was_lost_in_the_decay_finishes_the_decay(
    make_spec: MakeSpec, first_rung: AttemptSpec
) -> None:
    uri = f"{first_rung.prefix}/checkpoint"
    spec = make_spec(source=reporting("0.1"), plan=FIRST_RUNG, attempt=2, resume_from=uri)
    result = run_task(spec, Termination())
    assert (result.outcome, result.epochs) == ("completed", 3)
    kept = load_checkpoint(f"{spec.prefix}/checkpoint").before_decay
    assert kept is not None
    assert kept.epochs == 2


class Clock:
    """Stands still within an epoch."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    monotonic = time


@pytest.fixture
def ten_seconds_an_epoch(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock, end_epoch = Clock(), callback.TrainingCallback.on_epoch_end

    def end_later(self: callback.TrainingCallback, epoch: int, logs: Any = None) -> None:
        clock.now += 10
        end_epoch(self, epoch, logs)

    monkeypatch.setattr(callback, "time", clock)
    monkeypatch.setattr(callback.TrainingCallback, "on_epoch_end", end_later)
    return clock


@pytest.mark.parametrize(
    ("schedule", "last"),
    [("wsd", [0.1 * 5 / 6, 0.05, 0.1 / 6]), ("cosine", [0.0218, 0.0082, 0.0009])],
)
def test_the_rate_decays_before_the_deadline(
    make_spec: MakeSpec, ten_seconds_an_epoch: Clock, schedule: str, last: list[float]
) -> None:
    plan = {"epochs": 100_000, "schedule": schedule}
    deadline = ten_seconds_an_epoch.now + 95
    result, found = trained(make_spec(source=reporting("0.1"), plan=plan, deadline=deadline))
    assert (result.epochs, result.cut_short) == (9, True)
    assert found[0] == pytest.approx(0.05, rel=1e-3)  # the warm-up
    assert found[-3:] == pytest.approx(last, abs=5e-4)


def test_an_optimizer_with_its_own_schedule_is_refused(make_spec: MakeSpec) -> None:
    own = "keras.optimizers.schedules.CosineDecay(0.1, 10)"
    result = run_task(
        make_spec(source=SGD.replace("RATE", own), plan={"schedule": "cosine"}), Termination()
    )
    assert result.outcome == "failed"
    assert "training.schedule: the optimizer of the model has no constant" in result.message
