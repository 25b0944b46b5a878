"""A tf.data.Dataset as files, and a digest of what it gives."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kubenas.errors import UserError
from kubenas.training.program.layout import StagedDataset

_MODULUS = 1 << 256


def save_dataset(dataset: tf.data.Dataset, folder: Path, *, steps: int | None) -> StagedDataset:
    """Writes the elements of ``dataset``, batches where it is batched, to ``folder``.

    Args:
        dataset: a finite one, or any where ``steps`` says how many elements an epoch takes: then
            those of one epoch are kept, and an endless one gives them again and again.
        folder: local, and new.
        steps: of an epoch; None: until it is through.

    Raises:
        UserError: it is endless and nothing says how many of its elements are an epoch.
    """
    endless = dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    if endless and steps is None:
        raise UserError(
            "a tf.data.Dataset that never ends needs steps_per_epoch (for validation_data,"
            " validation_steps) in search(); or leave its repeat() out"
        )
    unknown = dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY and steps is not None
    kept = dataset.take(steps) if endless or unknown else dataset
    kept.save(str(folder))
    shuffled = _shuffles(dataset)
    return StagedDataset(
        digest=_digest(tf.data.Dataset.load(str(folder)), shuffled=shuffled),
        shuffled=shuffled,
        endless=bool(endless or unknown),
    )


def _shuffles(dataset: tf.data.Dataset) -> bool:
    """Whether it gives its elements in another order in each epoch."""
    own = "Shuffle" in type(dataset).__name__
    if own and getattr(dataset, "_reshuffle_each_iteration", True) is not False:
        return True
    return any(map(_shuffles, dataset._inputs()))  # noqa: SLF001  # nothing public tells


def _digest(dataset: tf.data.Dataset, *, shuffled: bool) -> str:
    """Of the elements in their order; of shuffled ones of the examples, whatever their order."""
    whole = hashlib.sha256(repr(dataset.element_spec).encode())
    count = total = 0
    for element in dataset:
        arrays = [each.numpy() for each in tf.nest.flatten(element, expand_composites=True)]
        if shuffled:
            total += sum(int.from_bytes(_hash(row), "big") for row in _rows(arrays))
        else:
            whole.update(_hash(arrays))
        count += 1
    whole.update(f"{count}:{total % _MODULUS}:{shuffled}".encode())
    return whole.hexdigest()[:32]


def _rows(arrays: list[Any]) -> Iterator[list[Any]]:
    """The examples of a batch; of anything else the whole as one."""
    lengths = {np.shape(array)[:1] for array in arrays}
    if len(lengths) == 1 and () not in lengths:
        yield from ([array[row] for array in arrays] for row in range(len(arrays[0])))
    else:
        yield arrays


def _hash(arrays: list[Any]) -> bytes:
    whole = hashlib.sha256()
    for each in arrays:
        array = np.asarray(each)
        text = array.dtype.hasobject or array.dtype.kind in "SU"
        data = repr(array.tolist()).encode() if text else np.ascontiguousarray(array).tobytes()
        whole.update(f"{array.dtype.str}{array.shape}{len(data)}:".encode())
        whole.update(data)
    return whole.digest()
