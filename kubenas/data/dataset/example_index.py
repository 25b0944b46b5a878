"""contents.npy: which pictures a prepared data set holds and how they are labelled.

Twelve bytes an example, by which data can be compared with what they were a week ago.
"""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kubenas.data.source import NPY_READ_ERRORS
from kubenas.errors import StorageError
from kubenas.storage import Storage, join

EXAMPLE_INDEX_FILE = "contents.npy"

INDEX_DTYPE = np.dtype([("key", "<u8"), ("label", "<i4")])
"""A content key (:mod:`kubenas.data.preparation.splitting`) and the class's place in the schema."""

ExampleIndex = npt.NDArray[np.void]
"""Shape (examples,), of :data:`INDEX_DTYPE`."""


def write_example_index(folder: Path, index: ExampleIndex) -> None:
    """Writes ``index``, in any order."""
    ascending = np.sort(index, order=["key", "label"])
    np.save(folder / EXAMPLE_INDEX_FILE, ascending, allow_pickle=False)


def read_example_index(dataset: Storage) -> ExampleIndex | None:
    """The index of the data set in the folder ``dataset``, in ascending order; None: it was
    prepared without.

    Raises:
        StorageError: what is there is damaged.
    """
    if not dataset.exists(EXAMPLE_INDEX_FILE):
        return None
    damaged = StorageError(
        f"{join(dataset.uri, EXAMPLE_INDEX_FILE)}: damaged; delete {dataset.uri} and prepare the data"
        " again"
    )
    try:
        stream = io.BytesIO(dataset.read(EXAMPLE_INDEX_FILE))
        index: ExampleIndex = np.lib.format.read_array(stream, allow_pickle=False)
    except NPY_READ_ERRORS as error:
        raise damaged from error
    if index.dtype != INDEX_DTYPE or index.ndim != 1:
        raise damaged
    return index
