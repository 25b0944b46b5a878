"""Checkpoints: the state of a training in storage, from which a later attempt resumes.

A checkpoint is a state file and ``latest.json``. ``latest.json`` is written after the state file
and contains its name and SHA-256. Older state files are deleted afterwards. A reader therefore
loads a complete state or raises :class:`CheckpointUnusable`.
"""

import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from kubenas.data.npy_stream import NPY_READ_ERRORS
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
    """The checkpoint is missing, corrupt or belongs to another model. See the message."""


@dataclass(frozen=True)
class TrainingState:
    """The state of a training at the end of an epoch."""

    history: tuple[EpochRecord, ...]
    """All epochs so far, including those of earlier attempts."""
    best: BestEpoch
    weights: tuple[Array, ...]
    optimizer: tuple[Array, ...]
    best_weights: tuple[Array, ...]
    """Weights scored at the best epoch. The object ``scored_weights`` if that is the last one or
    unknown; a checkpoint then has one copy."""
    fits: int = 1
    """Number of ``model.fit`` calls so far, including the current call."""
    steps: int = 0
    """Number of training steps so far in all fits."""
    average: tuple[Array, ...] | None = None
    """Average of the weights over the steps. None if the training has none."""
    loss_scale: tuple[Array, ...] = ()
    """State of the loss scaling. Empty if the training has none."""
    before_decay: "TrainingState | None" = None
    """The state before the learning rate began to decay, from which a longer training continues."""

    @property
    def epochs(self) -> int:
        """Number of epochs trained in all fits. Also the index of the next epoch."""
        return self.history[-1].epoch + 1 if self.history else 0

    @property
    def scored_weights(self) -> tuple[Array, ...]:
        """The weights of the last epoch's validation: the averages, if there are any."""
        return self.average or self.weights

    def without_best(self) -> "TrainingState":
        """Returns this state, and the one before the decay, without a best epoch."""
        before = self.before_decay
        return replace(
            self,
            best=BestEpoch(self.best.direction),
            best_weights=self.scored_weights,
            before_decay=before.without_best() if before else None,
        )


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
    steps: int = 0
    before_decay: "_Latest | None" = None


def save_checkpoint(storage: Storage, state: TrainingState) -> None:
    """Writes ``state`` as the latest checkpoint below ``checkpoint/`` of the attempt's prefix.

    Raises:
        StorageError: the write failed. The previous checkpoint is unchanged.
    """
    latest = _save_state(storage, state)
    storage.write(f"{CHECKPOINT_FOLDER}/{LATEST_FILE}", latest.to_json())
    kept = {each.state for each in (latest, latest.before_decay) if each is not None}
    for info in list(storage.list(f"{CHECKPOINT_FOLDER}/state-")):
        if info.name.removeprefix(f"{CHECKPOINT_FOLDER}/") not in kept:
            storage.delete(info.name)


def _save_state(storage: Storage, state: TrainingState) -> _Latest:
    """Writes the state files of ``state`` and returns its record."""
    data = _pack(state)
    digest = hashlib.sha256(data).hexdigest()
    name = f"state-{state.epochs:05d}-{digest[:8]}.npz"
    storage.write(f"{CHECKPOINT_FOLDER}/{name}", data)
    before = state.before_decay
    return _Latest(
        state=name,
        sha256=digest,
        history=state.history,
        direction=state.best.direction,
        best_epoch=state.best.epoch,
        best_score=state.best.score,
        waited=state.best.waited,
        fits=state.fits,
        steps=state.steps,
        before_decay=None if before is None else _save_state(storage, before),
    )


def load_checkpoint(uri: str) -> TrainingState:
    """Returns the latest state in the checkpoint folder at ``uri``.

    Raises:
        CheckpointUnusable: there is no checkpoint, or it is corrupt.
        StorageError: the store cannot be read.
    """
    storage = open_storage(uri)
    try:
        latest = read_document(storage, LATEST_FILE, _Latest, what="a checkpoint")
        return _load_state(storage, latest, uri)
    except ObjectNotFound as error:
        raise CheckpointUnusable(f"{uri}: no checkpoint: {error}") from error
    except DocumentUnusable as error:
        raise CheckpointUnusable(str(error)) from error


def _load_state(storage: Storage, latest: _Latest, uri: str) -> TrainingState:
    data = storage.read(latest.state)
    if hashlib.sha256(data).hexdigest() != latest.sha256:
        raise CheckpointUnusable(f"{uri}/{latest.state}: corrupt checkpoint: SHA-256 mismatch")
    state = _unpack(data, latest, uri)
    if latest.before_decay is None:
        return state
    return replace(state, before_decay=_load_state(storage, latest.before_decay, uri))


def _pack(state: TrainingState) -> bytes:
    groups = {"weights": state.weights, "optimizer": state.optimizer}
    if state.loss_scale:
        groups["loss_scale"] = state.loss_scale
    if state.average is not None:
        groups["average"] = state.average
    if state.best_weights is not state.scored_weights:
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
    """Converts bfloat16 to float32, which represents every value. npz has no bfloat16."""
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def _unpack(data: bytes, latest: _Latest, uri: str) -> TrainingState:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            weights = _group(arrays, "weights")
            average = _group(arrays, "average") or None
            best_weights = _group(arrays, "best") or average or weights
            optimizer = _group(arrays, "optimizer")
            loss_scale = _group(arrays, "loss_scale")
    except NPY_READ_ERRORS as error:
        raise CheckpointUnusable(f"{uri}/{latest.state}: not an npz file: {error}") from error
    best = BestEpoch(latest.direction, latest.best_epoch, latest.best_score, latest.waited)
    return TrainingState(
        latest.history,
        best,
        weights,
        optimizer,
        best_weights,
        fits=latest.fits,
        steps=latest.steps,
        average=average,
        loss_scale=loss_scale,
    )


def _group(arrays: "np.lib.npyio.NpzFile", group: str) -> tuple[Array, ...]:
    return tuple(arrays[name] for name in sorted(arrays.files) if name.startswith(f"{group}_"))


def shapes_match(arrays: Sequence[Array], shapes: Iterable[tuple[int, ...]]) -> bool:
    """Whether ``arrays`` have the given shapes, in order."""
    return [array.shape for array in arrays] == [tuple(shape) for shape in shapes]
