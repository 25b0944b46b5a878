"""Functions that read the arrays of an .npz file, whole or in chunks of rows.

``numpy.load`` always reads whole arrays.
"""

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

CHUNK_BYTES = 4 << 20
NPY_READ_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    MemoryError,
    NotImplementedError,
    SyntaxError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""Errors that NumPy and zipfile raise for damaged files. NumPy parses array headers as Python."""


@dataclass(frozen=True)
class NpyHeader:
    """The header of a .npy file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    column_major: bool
    data_bytes: int
    """Size of the file after its header."""

    @property
    def array_bytes(self) -> int:
        """The size in bytes of an array of this shape and dtype."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_consistent(self) -> bool:
        """Whether the size of the file agrees with its header."""
        return min(self.shape, default=0) >= 0 and self.array_bytes == self.data_bytes


def read_npy_header(archive: zipfile.ZipFile, name: str) -> NpyHeader:
    """Returns the header of the array ``name``.

    Raises:
        ValueError: The member is not a .npy file.
    """
    with archive.open(f"{name}.npy") as stream:
        return _read_header(archive, name, stream)


def read_npy(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """Returns the whole array ``name``.

    Raises:
        ValueError: The member is not a .npy file, or contains Python objects.
    """
    with archive.open(f"{name}.npy") as stream:
        return np.asarray(np.lib.format.read_array(stream, allow_pickle=False))


def stream_npy(archive: zipfile.ZipFile, name: str) -> Iterator[npt.NDArray[Any]]:
    """Yields the array ``name``, which is in row-major order, in chunks of consecutive rows.

    Raises:
        EOFError: The file ends before the array does.
    """
    with archive.open(f"{name}.npy") as stream:
        header = _read_header(archive, name, stream)
        row_shape = header.shape[1:]
        row_bytes = header.dtype.itemsize * math.prod(row_shape)
        rows_left = header.shape[0]
        while rows_left:
            rows = min(rows_left, max(1, CHUNK_BYTES // row_bytes))
            data = stream.read(rows * row_bytes)
            if len(data) < rows * row_bytes:
                raise EOFError(
                    f"array '{name}' is truncated: the last {rows_left} rows are missing"
                )
            yield np.frombuffer(data, header.dtype).reshape(rows, *row_shape)
            rows_left -= rows


def _read_header(archive: zipfile.ZipFile, name: str, stream: IO[bytes]) -> NpyHeader:
    major, _ = np.lib.format.read_magic(stream)
    read = (
        np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    )
    shape, column_major, dtype = read(stream)
    data_bytes = archive.getinfo(f"{name}.npy").file_size - stream.tell()
    return NpyHeader(tuple(shape), dtype, column_major, data_bytes)
