"""Which line of the user's own code an error came through."""

import sysconfig
import traceback
from pathlib import Path

import kubenas

_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {str(Path(kubenas.__file__).parent)}
)


def user_line(error: BaseException) -> str:
    """Where ``error`` was last in code that is no library's, as ``file:line``; empty: nowhere."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*_LIBRARIES, "<frozen"))
        and "site-packages" not in frame.filename
        and "__autograph_generated_file" not in frame.filename
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def in_one_line(error: BaseException, *, limit: int = 1000) -> str:
    """The kind of ``error``, what it says and where; one line of at most ``limit`` characters."""
    line = " ".join(f"{type(error).__name__}: {error}".split())
    where = user_line(error)
    place = f" ({where})" if where else ""
    room = limit - len(place)
    return (line if len(line) <= room else f"{line[: room - 1]}…") + place
