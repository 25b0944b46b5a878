"""Storage and digest of a tf.data.Dataset."""

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
    """Writes the elements of ``dataset`` (batches, if it is batched) to ``folder``.

    Args:
        dataset: a finite dataset, or any dataset if ``steps`` is given. Of an infinite dataset, or
            one of unknown length, ``steps`` elements are stored and repeated.
        folder: a local folder that does not exist.
        steps: number of elements per epoch. None: all elements.

    Raises:
        UserError: the dataset is infinite and ``steps`` is None.
    """
    endless = dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    if endless and steps is None:
        raise UserError(
            "an infinite tf.data.Dataset needs steps_per_epoch (for validation_data:"
            " validation_steps) in search(); or remove its repeat()"
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
    """Whether the order of the elements changes in each epoch."""
    own = "Shuffle" in type(dataset).__name__
    if own and getattr(dataset, "_reshuffle_each_iteration", True) is not False:
        return True
    return any(map(_shuffles, dataset._inputs()))  # noqa: SLF001  # there is no public API


def _digest(dataset: tf.data.Dataset, *, shuffled: bool) -> str:
    """Hashes the elements in order, or the examples independently of order if ``shuffled``."""
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
    """Yields the examples of a batch. Yields other elements as a whole."""
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
