"""Errors while reading a user's data, as one line each."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubenas.errors import UserError


@contextmanager
def translate_read_errors(path: Path) -> Iterator[None]:
    """Turns errors of the file system and of damaged archives into a UserError about ``path``."""
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file or folder; correct data.source") from error
    except PermissionError as error:
        raise UserError(
            f"{error.filename or path}: no permission to read it; change its permissions"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        why = str(error) or "it ends early"
        raise UserError(f"{path}: damaged or cut off ({why}); copy or download it again") from error
    except RuntimeError as error:  # zipfile's word for encrypted, or packed in an unknown way
        raise UserError(
            f"{path}: cannot be unpacked ({error}); pack it again without a password"
        ) from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, in pieces of a megabyte."""
    with translate_read_errors(path), path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
