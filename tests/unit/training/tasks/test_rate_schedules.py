"""Trainings with a learning rate schedule: the rate of each epoch, promotion and short time."""

import time
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("schedule", ["cosine", "wsd"])
def test_the_rate_decays_before_the_deadline(make_spec: MakeSpec, schedule: str) -> None:
    plan = {"epochs": 100_000, "schedule": schedule}
    spec = make_spec(source=reporting("0.1"), plan=plan, deadline=time.time() + 12)
    result, found = trained(spec)
    assert result.cut_short
    assert 3 <= len(found) < 100_000
    assert found[-1] < 0.2 * max(found)


def test_an_optimizer_with_its_own_schedule_is_refused(make_spec: MakeSpec) -> None:
    own = "keras.optimizers.schedules.CosineDecay(0.1, 10)"
    result = run_task(
        make_spec(source=SGD.replace("RATE", own), plan={"schedule": "cosine"}), Termination()
    )
    assert result.outcome == "failed"
    assert "training.schedule: the optimizer of the model has no constant" in result.message
