"""Reads the lines of a text file, plain or compressed with gzip."""

import codecs
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from kubenas.data.source.file_access import translate_read_errors
from kubenas.errors import UserError

MAX_LINE_BYTES = 1 << 24
"""Longest line, 16 MiB: a file without line ends is not read into memory."""

_WIDE_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_lines(path: Path) -> Iterator[str]:
    """Yields the lines of a file in UTF-8, with their line ends.

    A byte order mark is removed. A file whose name ends with ``.gz`` is decompressed.

    Raises:
        UserError: The file cannot be read, is not UTF-8, or has too long lines.
    """
    with translate_read_errors(path), _open(path) as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES):
            number += 1
            if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
                raise UserError(
                    f"{path}: line {number} is longer than {MAX_LINE_BYTES >> 20} MiB; write one"
                    " row a line"
                )
            yield decode(
                raw if number > 1 else raw.removeprefix(codecs.BOM_UTF8), f"{path}: line {number}"
            )


def decode(raw: bytes, place: str) -> str:
    """Decodes UTF-8.

    Args:
        raw: the bytes.
        place: where they are, for error messages.

    Raises:
        UserError: The bytes are not UTF-8 text.
    """
    if raw.startswith(_WIDE_ENCODINGS):
        raise UserError(f"{place} is in UTF-16 or UTF-32; save the file in UTF-8")
    if b"\0" in raw:
        raise UserError(
            f"{place} contains a NUL byte, thus the file is damaged, binary or in UTF-16; save it"
            " as text in UTF-8"
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"{place} is not UTF-8 (byte 0x{raw[error.start]:02x}); save the file in UTF-8, for"
            " example with: iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


def _open(path: Path) -> IO[bytes]:
    if path.suffix.lower() != ".gz":
        return path.open("rb")
    return io.BufferedReader(gzip.open(path, "rb"))
