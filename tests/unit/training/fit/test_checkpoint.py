"""Tests of the checkpoint round trip and the detection of corrupt checkpoints."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kubenas.errors import StorageFull
from kubenas.storage import open_storage
from kubenas.storage.directory import DirectoryStorage
from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.checkpoint import (
    CheckpointUnusable,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)
from kubenas.training.fit.history import EpochRecord


def state(epochs: int, *, best_is_last: bool = False) -> TrainingState:
    rng = np.random.default_rng(epochs)
    weights = (rng.normal(size=(3, 2)).astype(np.float32), np.array(7, np.int64))
    best_weights = weights if best_is_last else tuple(array + 1 for array in weights)
    return TrainingState(
        history=tuple(
            EpochRecord(epoch=k, seconds=0.5, metrics={"val_accuracy": k / 10, "loss": 0.25})
            for k in range(epochs)
        ),
        best=BestEpoch("max", epochs - 1, 0.1 + 0.2, waited=2),
        weights=weights,
        optimizer=(np.arange(11, dtype=np.uint32), *[np.float32(k) for k in range(12)]),
        best_weights=best_weights,
    )


def assert_same(one: TrainingState, other: TrainingState) -> None:
    assert (one.history, one.best, one.epochs) == (other.history, other.best, other.epochs)
    for group in ("weights", "optimizer", "best_weights"):
        for ours, theirs in zip(getattr(one, group), getattr(other, group), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("best_is_last", [True, False])
def test_a_checkpoint_round_trip_is_exact(tmp_path: Path, best_is_last: bool) -> None:
    before = state(3, best_is_last=best_is_last)
    save_checkpoint(open_storage(str(tmp_path)), before)
    assert_same(load_checkpoint(str(tmp_path / "checkpoint")), before)


def test_the_loss_scaling_is_kept(tmp_path: Path) -> None:
    before = replace(state(1), loss_scale=(np.array(5, np.int32), np.array(2.0**15, np.float32)))
    save_checkpoint(open_storage(str(tmp_path)), before)
    loaded = load_checkpoint(str(tmp_path / "checkpoint"))
    assert_same(loaded, before)
    assert loaded.loss_scale == before.loss_scale


def test_older_states_are_deleted(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    for epochs in (1, 2, 2):
        save_checkpoint(storage, state(epochs))
    assert len(list((tmp_path / "checkpoint").glob("state-*.npz"))) == 1
    assert load_checkpoint(str(tmp_path / "checkpoint")).epochs == 2


def test_a_missing_checkpoint_raises(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnusable, match="no checkpoint"):
        load_checkpoint(str(tmp_path))


def test_corrupt_checkpoints_are_detected(tmp_path: Path) -> None:
    save_checkpoint(open_storage(str(tmp_path)), state(1))
    (file,) = (tmp_path / "checkpoint").glob("state-*.npz")
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    with pytest.raises(CheckpointUnusable, match="SHA-256 mismatch"):
        load_checkpoint(str(tmp_path / "checkpoint"))
    file.write_bytes(whole)
    latest = tmp_path / "checkpoint" / "latest.json"
    latest.write_bytes(latest.read_bytes()[:-5])
    with pytest.raises(CheckpointUnusable, match="not valid JSON"):
        load_checkpoint(str(tmp_path / "checkpoint"))
    latest.unlink()
    with pytest.raises(CheckpointUnusable, match="no checkpoint"):
        load_checkpoint(str(tmp_path / "checkpoint"))


class FullOnLatest(DirectoryStorage):
    """A store that fails to write latest.json."""

    def write(self, name: str, data: bytes) -> None:
        if name.endswith("latest.json"):
            raise StorageFull(name)
        super().write(name, data)


def test_a_failed_save_leaves_the_one_before(tmp_path: Path) -> None:
    before = state(1)
    save_checkpoint(open_storage(str(tmp_path)), before)
    with pytest.raises(StorageFull):
        save_checkpoint(FullOnLatest(tmp_path), state(2))
    assert_same(load_checkpoint(str(tmp_path / "checkpoint")), before)


def test_bfloat16_is_kept_as_float32(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    weights = (np.array([1.5, -2.0], ml_dtypes.bfloat16),)
    before = replace(state(1), weights=weights, best_weights=weights)
    save_checkpoint(open_storage(str(tmp_path)), before)
    (loaded,) = load_checkpoint(str(tmp_path / "checkpoint")).weights
    np.testing.assert_array_equal(loaded, np.array([1.5, -2.0], np.float32))


def test_the_state_before_the_decay_is_kept_with_the_latest(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    for epochs in (3, 4):
        save_checkpoint(storage, replace(state(epochs), before_decay=state(2)))
    loaded = load_checkpoint(str(tmp_path / "checkpoint"))
    assert_same(loaded, state(4))
    assert loaded.before_decay is not None
    assert_same(loaded.before_decay, state(2))
    assert len(list((tmp_path / "checkpoint").glob("state-*.npz"))) == 2
