"""Capture of stdout and stderr, including output of C++ code, in a file."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOG_LIMIT_BYTES = 1 << 20


@contextmanager
def capture_output() -> Iterator[Path]:
    """Redirects stdout and stderr of this process to a file and yields its path."""
    with tempfile.TemporaryDirectory(prefix="kubenas-log-") as folder:
        path = Path(folder, "log.txt")
        kept = [os.dup(number) for number in (1, 2)]
        with path.open("ab") as log:
            _flush()
            for number in (1, 2):
                os.dup2(log.fileno(), number)
        try:
            yield path
        finally:
            _flush()
            for number, original in zip((1, 2), kept, strict=True):
                os.dup2(original, number)
                os.close(original)


def read_tail(path: Path) -> bytes:
    """Returns the last mebibyte of a log."""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _LOG_LIMIT_BYTES))
        return log.read()


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
