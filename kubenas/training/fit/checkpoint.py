"""A training's state in storage, from which another process goes on.

``latest.json`` is written last and names its state file by content digest; older state files
are deleted after it has moved on. A reader therefore finds a whole state or finds out.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from kubenas.data.source import UNREADABLE
from kubenas.errors import DocumentUnusable, KubenasError, ObjectNotFound
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import read_document
from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.history import EpochRecord
from kubenas.trial import Value

CHECKPOINT_FOLDER = "checkpoint"
LATEST_FILE = "latest.json"

Array = npt.NDArray[np.generic]


class CheckpointUnusable(KubenasError):
    """The checkpoint is missing, torn or of another model; the message says which."""


@dataclass(frozen=True)
class TrainingState:
    """A training at the end of an epoch."""

    history: tuple[EpochRecord, ...]
    """All epochs so far, those of earlier attempts included."""
    best: BestEpoch
    weights: tuple[Array, ...]
    optimizer: tuple[Array, ...]
    best_weights: tuple[Array, ...]
    """Weights at the best epoch; ``weights`` itself where that was the last one."""
    fits: int = 1
    """Calls of ``model.fit`` so far, the one under way included."""

    @property
    def epochs(self) -> int:
        """Epochs trained in all fits; the next one has this number."""
        return self.history[-1].epoch + 1 if self.history else 0


class _Latest(Value):
    version: Literal[1] = 1
    state: str
    sha256: str
    history: tuple[EpochRecord, ...]
    direction: Literal["max", "min"]
    best_epoch: int | None
    best_score: float | None
    waited: int
    fits: int = 1


def save_checkpoint(storage: Storage, state: TrainingState) -> None:
    """Makes ``state`` the latest under ``checkpoint/`` of an attempt's ``storage``.

    Raises:
        StorageError: it could not be written; the one before is still in place.
    """
    data = _pack(state)
    digest = hashlib.sha256(data).hexdigest()
    name = f"state-{state.epochs:05d}-{digest[:8]}.npz"
    storage.write(f"{CHECKPOINT_FOLDER}/{name}", data)
    latest = _Latest(
        state=name,
        sha256=digest,
        history=state.history,
        direction=state.best.direction,
        best_epoch=state.best.epoch,
        best_score=state.best.score,
        waited=state.best.waited,
        fits=state.fits,
    )
    storage.write(f"{CHECKPOINT_FOLDER}/{LATEST_FILE}", latest.to_json())
    for info in list(storage.list(f"{CHECKPOINT_FOLDER}/state-")):
        if info.name != f"{CHECKPOINT_FOLDER}/{name}":
            storage.delete(info.name)


def load_checkpoint(uri: str) -> TrainingState:
    """The latest state in the checkpoint folder at ``uri``.

    Raises:
        CheckpointUnusable: there is none, or it is torn.
        StorageError: it cannot be read for another reason.
    """
    storage = open_storage(uri)
    try:
        latest = read_document(storage, LATEST_FILE, _Latest, what="the state of a training")
        data = storage.read(latest.state)
    except ObjectNotFound as error:
        raise CheckpointUnusable(f"{uri}: no checkpoint: {error}") from error
    except DocumentUnusable as error:
        raise CheckpointUnusable(str(error)) from error
    if hashlib.sha256(data).hexdigest() != latest.sha256:
        raise CheckpointUnusable(f"{uri}/{latest.state}: torn: its checksum differs")
    return _unpack(data, latest, uri)


def _pack(state: TrainingState) -> bytes:
    groups = {"weights": state.weights, "optimizer": state.optimizer}
    if state.best_weights is not state.weights:
        groups["best"] = state.best_weights
    arrays = {
        f"{group}_{number:05d}": _storable(array)
        for group, members in groups.items()
        for number, array in enumerate(members)
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _storable(array: Array) -> Array:
    """bfloat16 has no place in npz files; float32 holds all its values."""
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def _unpack(data: bytes, latest: _Latest, uri: str) -> TrainingState:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            weights = _group(arrays, "weights")
            best_weights = _group(arrays, "best") or weights
            optimizer = _group(arrays, "optimizer")
    except UNREADABLE as error:
        raise CheckpointUnusable(f"{uri}/{latest.state}: not an npz file: {error}") from error
    best = BestEpoch(latest.direction, latest.best_epoch, latest.best_score, latest.waited)
    return TrainingState(latest.history, best, weights, optimizer, best_weights, latest.fits)


def _group(arrays: "np.lib.npyio.NpzFile", group: str) -> tuple[Array, ...]:
    return tuple(arrays[name] for name in sorted(arrays.files) if name.startswith(f"{group}_"))


def shapes_match(arrays: Sequence[Array], shapes: Iterable[tuple[int, ...]]) -> bool:
    """Whether ``arrays`` have these shapes, one by one."""
    return [array.shape for array in arrays] == [tuple(shape) for shape in shapes]
