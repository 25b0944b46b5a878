"""A staged program -> the user's tuner and the arguments of its search(). Runs user code.

Arrays are memory-mapped, so that workers on one machine share them and a trial copies nothing; a
trial that writes to one gets pages of its own.
"""

import io
import itertools
import mmap
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from kubenas.errors import DocumentUnusable, UserError
from kubenas.storage import Storage, open_storage, split
from kubenas.storage.document import read_document
from kubenas.training.process.keras_settings import use_keras_settings
from kubenas.training.program.layout import (
    DATA_FOLDER,
    DATASET,
    INDEX_FILE,
    PICKLE_FILE,
    REPLAYED,
    ProgramIndex,
    StagedDataset,
    python_version,
)

_SHUFFLED_ELEMENTS = 1024
"""Of a dataset that was shuffled, at the most: in memory at the same time, mostly batches."""


@dataclass(frozen=True)
class Program:
    """What a trial runs: a tuner with the arguments of its search()."""

    tuner: Any
    """The kubenas.Tuner as it was when search() was called, without its oracle."""
    args: Sequence[Any]
    kwargs: dict[str, Any]
    oracle: dict[str, Any]
    """Options of the trial's keras_tuner.Oracle: objective, retries, what may enter the space."""


def load_program(uri: str) -> Program:
    """Unpickles the program at ``uri``, which runs its user's code.

    Raises:
        UserError: another version of Python or of kubenas has pickled it.
        StorageError: the store refused.
        Exception: whatever the user's code raises as it is loaded.
    """
    folder, _ = split(uri)
    own, shared = open_storage(uri), open_storage(folder)
    index = _index(own)
    use_keras_settings(index.keras)
    buffers = [_map_memory(shared.stage(f"{DATA_FOLDER}/{digest}")) for digest in index.buffers]
    unpickler = _Unpickler(own.read(PICKLE_FILE), buffers, shared)
    program: Program = unpickler.load()
    return program


def _index(storage: Storage) -> ProgramIndex:
    try:
        index = read_document(storage, INDEX_FILE, ProgramIndex, what="a program's index")
    except DocumentUnusable as error:
        raise UserError(
            f"{storage.uri}/{INDEX_FILE}: of another version of kubenas; use the same one where"
            " search() is called and where trials run"
        ) from error
    if index.python != python_version():
        raise UserError(
            f"search() was called in Python {index.python} and trials run in Python"
            f" {python_version()}; use the same version in both, see runner.pod.image"
        )
    return index


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, buffers: Sequence[Any], shared: Storage) -> None:
        super().__init__(io.BytesIO(data), buffers=buffers)
        self._shared = shared

    def persistent_load(self, pid: Any) -> Any:
        kind, content = pid
        if kind == DATASET:
            return _load_dataset(self._shared, StagedDataset.model_validate(content))
        if kind == REPLAYED:
            return _replay(content)
        raise UserError(f"{kind}: of another version of kubenas; use the same one everywhere")


def _map_memory(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _load_dataset(shared: Storage, staged: StagedDataset) -> tf.data.Dataset:
    """Reads none of its elements yet."""
    folder = shared.read(f"{DATA_FOLDER}/{staged.index}").decode()
    path = shared.stage(f"{DATA_FOLDER}/{folder}")
    dataset = tf.data.Dataset.load(str(path))
    if staged.shuffled:
        count = max(1, min(_SHUFFLED_ELEMENTS, int(dataset.cardinality())))
        dataset = dataset.shuffle(count, reshuffle_each_iteration=True)
    if staged.endless:
        dataset = dataset.repeat()
    return dataset.prefetch(tf.data.AUTOTUNE)


def _replay(batches: Sequence[Any]) -> Iterator[Any]:
    """A generator, which Keras tells from other iterators."""
    yield from itertools.cycle(batches)
