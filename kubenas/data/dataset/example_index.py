"""The example index ``contents.npy``: a content key and a label for each example.

The index takes 12 bytes per example. Drift is measured by comparing the indexes of two data sets.
"""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kubenas.data.npy_stream import NPY_READ_ERRORS
from kubenas.errors import StorageError
from kubenas.storage import Storage, join

EXAMPLE_INDEX_FILE = "contents.npy"

INDEX_DTYPE = np.dtype([("key", "<u8"), ("label", "<i4")])
"""Content key (:mod:`kubenas.data.kinds.kind`) and index into the schema's classes."""

ExampleIndex = npt.NDArray[np.void]
"""Array of shape (examples,) and dtype :data:`INDEX_DTYPE`."""


def write_example_index(folder: Path, index: ExampleIndex) -> None:
    """Writes ``index`` to ``folder``, sorted by key and label."""
    ascending = np.sort(index, order=["key", "label"])
    np.save(folder / EXAMPLE_INDEX_FILE, ascending, allow_pickle=False)


def read_example_index(dataset: Storage) -> ExampleIndex | None:
    """Returns the example index of the data set in the folder ``dataset``, sorted.

    Returns None if the data set was prepared without an index.

    Raises:
        StorageError: The index is damaged.
    """
    if not dataset.exists(EXAMPLE_INDEX_FILE):
        return None
    damaged = StorageError(
        f"{join(dataset.uri, EXAMPLE_INDEX_FILE)}: damaged; delete {dataset.uri} and prepare the"
        " data again"
    )
    try:
        stream = io.BytesIO(dataset.read(EXAMPLE_INDEX_FILE))
        index: ExampleIndex = np.lib.format.read_array(stream, allow_pickle=False)
    except NPY_READ_ERRORS as error:
        raise damaged from error
    if index.dtype != INDEX_DTYPE or index.ndim != 1:
        raise damaged
    return index
