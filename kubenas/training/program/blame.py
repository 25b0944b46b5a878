"""Which line of the user's own code an error came through."""

import traceback
from pathlib import Path

import kubenas
from kubenas.training.process.failure import one_line
from kubenas.training.program.installed import is_installed

_OWN = str(Path(kubenas.__file__).parent)


def user_line(error: BaseException) -> str:
    """Where ``error`` was last in code that is no library's, as ``file:line``; empty: nowhere."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_OWN, "<frozen"))
        and not is_installed(frame.filename)
        and "__autograph_generated_file" not in frame.filename
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def in_one_line(error: BaseException, *, limit: int = 1000) -> str:
    """The kind of ``error``, what it says and where; one line of at most ``limit`` characters."""
    where = user_line(error)
    place = f" ({where})" if where else ""
    return one_line(f"{type(error).__name__}: {error}", limit - len(place)) + place
