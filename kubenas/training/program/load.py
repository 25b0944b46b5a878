"""Loading of a staged program: the user's tuner and the arguments of search(). Runs user code.

Arrays are memory-mapped copy-on-write: workers on one machine share them, and a trial that writes
to an array gets private pages.
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
"""Maximum size of the shuffle buffer. The elements are usually batches."""


@dataclass(frozen=True)
class Program:
    """A tuner and the arguments of its search(), as run by a trial."""

    tuner: Any
    """The kubenas.Tuner at the time of the call of search(), without its oracle."""
    args: Sequence[Any]
    kwargs: dict[str, Any]
    oracle: dict[str, Any]
    """Options of the trial's keras_tuner.Oracle, such as the objective and the retries."""


def load_program(uri: str) -> Program:
    """Unpickles the program at ``uri``. This runs user code.

    Raises:
        UserError: the program was written by another version of Python or kubenas.
        StorageError: the program cannot be read.
        Exception: any exception of the user's code during import.
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
            f"{storage.uri}/{INDEX_FILE}: written by another version of kubenas; use the same"
            " version where search() is called and where trials run"
        ) from error
    if index.python != python_version():
        raise UserError(
            f"Python versions differ: search() was called in Python {index.python}, trials run in"
            f" Python {python_version()}; use the same version in both (see runner.pod.image)"
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
        raise UserError(
            f"{kind}: the program was written by another version of kubenas;"
            " use the same version where search() is called and where trials run"
        )


def _map_memory(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _load_dataset(shared: Storage, staged: StagedDataset) -> tf.data.Dataset:
    """Opens a stored dataset without reading its elements."""
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
    """Yields the batches endlessly. Keras treats generators differently from other iterators."""
    yield from itertools.cycle(batches)
