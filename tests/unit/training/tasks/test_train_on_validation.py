"""A training on the validation split, too, which has no best epoch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.storage import open_storage
from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.checkpoint import load_checkpoint, save_checkpoint
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec
from tests.unit.training.conftest import MakeSpec


@pytest.fixture
def trial(make_spec: MakeSpec, tmp_path: Path) -> str:
    """The checkpoint of a trial of two epochs whose first one was the best, and of one epoch."""
    spec = make_spec(plan={"keep_checkpoint": True, "schedule": "wsd"})
    run_task(spec, Termination())
    state = load_checkpoint(f"{spec.prefix}/checkpoint")
    assert state.before_decay
    worse = tuple(array + 1 for array in state.weights)
    before = replace(state.before_decay, best_weights=worse)
    best = replace(state, best=BestEpoch("max", 0, 2.0), best_weights=worse, before_decay=before)
    save_checkpoint(open_storage(str(tmp_path)), best)
    return str(tmp_path / "checkpoint")


def trained(
    make_spec: MakeSpec, attempt: int, resume_from: str, epochs: int, **plan: Any
) -> AttemptSpec:
    plan |= {"epochs": epochs, "with_validation": True, "keep_checkpoint": True, "keep_model": True}
    spec = make_spec(attempt=attempt, plan=plan, resume_from=resume_from)
    assert run_task(spec, Termination()).best_epoch == epochs - 1
    return spec


def kept_predictions(spec: AttemptSpec) -> Any:
    return np.load(Path(spec.prefix, "sample_predictions.npy"))


def groups(folder: str) -> list[set[str]]:
    """Returns the groups of arrays of each state in a checkpoint."""
    found = [np.load(path).files for path in sorted(Path(folder).glob("state-*.npz"))]
    return [{name.split("_")[0] for name in names} for names in found]


@pytest.mark.parametrize("epochs", [2, 4])  # the training of the trial is repeated, or continued
def test_no_weights_of_a_best_epoch_are_stored(
    make_spec: MakeSpec, trial: str, epochs: int
) -> None:
    assert [{"best"} <= each for each in groups(trial)] == [True, True]
    spec = trained(make_spec, 2, trial, epochs, schedule="wsd")
    assert groups(f"{spec.prefix}/checkpoint") == [{"weights", "optimizer"}] * 2


def test_a_training_resumes_from_such_a_checkpoint(make_spec: MakeSpec, trial: str) -> None:
    begun = trained(make_spec, 2, trial, 3, average_decay=0.9)
    checkpoint = f"{begun.prefix}/checkpoint"
    assert groups(checkpoint) == [{"weights", "optimizer", "average"}]
    again = trained(make_spec, 3, checkpoint, 3, average_decay=0.9)  # no epoch is left
    np.testing.assert_array_equal(kept_predictions(again), kept_predictions(begun))
    resumed = trained(make_spec, 4, checkpoint, 4, average_decay=0.9)
    assert (kept_predictions(resumed) != kept_predictions(begun)).any()
    before, after = (load_checkpoint(f"{each.prefix}/checkpoint") for each in (begun, resumed))
    assert [record.epoch for record in after.history] == [0, 1, 2, 3]
    assert after.history[:3] == before.history
    assert int(after.optimizer[0]) == after.steps > before.steps
