"""contents.npy: which pictures a prepared data set holds and how they are labelled.

Twelve bytes an example, by which data can be compared with what they were a week ago.
"""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kubenas.data.source import UNREADABLE
from kubenas.errors import StorageError
from kubenas.storage import Storage, join

CONTENTS_FILE = "contents.npy"

EXAMPLE = np.dtype([("key", "<u8"), ("label", "<i4")])
"""A content key (:mod:`kubenas.data.preparation.partition`) and the class's place in the schema."""

Contents = npt.NDArray[np.void]
"""Shape (examples,), of :data:`EXAMPLE`."""


def write_contents(folder: Path, contents: Contents) -> None:
    """Writes ``contents``, in any order."""
    ascending = np.sort(contents, order=["key", "label"])
    np.save(folder / CONTENTS_FILE, ascending, allow_pickle=False)


def read_contents(dataset: Storage) -> Contents | None:
    """The contents of the data set in the folder ``dataset``, in ascending order; None: it was
    prepared without.

    Raises:
        StorageError: what is there is damaged.
    """
    if not dataset.exists(CONTENTS_FILE):
        return None
    damaged = StorageError(
        f"{join(dataset.uri, CONTENTS_FILE)}: damaged; delete {dataset.uri} and prepare the data"
        " again"
    )
    try:
        stream = io.BytesIO(dataset.read(CONTENTS_FILE))
        contents: Contents = np.lib.format.read_array(stream, allow_pickle=False)
    except UNREADABLE as error:
        raise damaged from error
    if contents.dtype != EXAMPLE or contents.ndim != 1:
        raise damaged
    return contents
