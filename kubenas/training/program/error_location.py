"""The location of an error in the user's code."""

import traceback
from pathlib import Path

import kubenas
from kubenas.training.process.failure import single_line
from kubenas.training.program.library_files import is_library_file

_OWN = str(Path(kubenas.__file__).parent)


def user_code_location(error: BaseException) -> str:
    """Returns the innermost ``file:line`` in user code, or an empty string."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_OWN, "<frozen"))
        and not is_library_file(frame.filename)
        and "__autograph_generated_file" not in frame.filename
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def format_error(error: BaseException, *, limit: int = 1000) -> str:
    """Formats type, message and location of ``error`` in at most ``limit`` characters."""
    where = user_code_location(error)
    place = f" ({where})" if where else ""
    return single_line(f"{type(error).__name__}: {error}", limit - len(place)) + place
