"""Functions that read the files of a data source and translate their errors."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubenas.errors import UserError


@contextmanager
def translate_read_errors(path: Path) -> Iterator[None]:
    """Translates errors of the file system and of damaged archives into a :class:`UserError`.

    Args:
        path: the file or folder to name in the message.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file or folder; correct data.source") from error
    except PermissionError as error:
        raise UserError(
            f"{error.filename or path}: no permission to read; change the permissions"
        ) from error
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError) as error:
        reason = str(error) or "unexpected end of file"
        raise UserError(
            f"{path}: damaged or truncated ({reason}); copy or download it again"
        ) from error
    except RuntimeError as error:  # zipfile raises it for encryption and unknown compression
        raise UserError(
            f"{path}: cannot be unpacked ({error}); create the archive again without a password"
        ) from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yields the content of a file in chunks of 1 MiB."""
    with translate_read_errors(path), path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
