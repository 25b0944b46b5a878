"""Search for the error line in the log of a failed step."""

import re
from collections.abc import Sequence

from kubenas.steps.process import ERROR_PREFIX

_MOST = 1000
_TRACEBACK = "Traceback (most recent call last):"
_FATAL = re.compile(r"^[EF]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] (?P<said>.+)$")
"""A glog error line of a KFP program, such as a driver."""
_EXIT = re.compile(r"exit (status|code) \d+$")
"""Message of a parent process; the step's own message is more specific."""


def find_error_line(log: str) -> str | None:
    """Returns the error line in ``log``, or None.

    The message of the step comes first, then a Python exception, then errors of KFP programs.
    """
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    found = _own(lines) or _raised(lines) or _fatal(lines)
    return found and " ".join(found.split())[:_MOST]


def _own(lines: Sequence[str]) -> str | None:
    said = [line.removeprefix(ERROR_PREFIX) for line in lines if line.startswith(ERROR_PREFIX)]
    return next((line for line in reversed(said) if not _EXIT.search(line)), None)


def _raised(lines: Sequence[str]) -> str | None:
    """Returns the exception line of the last traceback."""
    begun = [number for number, line in enumerate(lines) if line.endswith(_TRACEBACK)]
    after = lines[begun[-1] + 1 :] if begun else ()
    return next((line for line in after if not line.startswith((" ", "\t"))), None)


def _fatal(lines: Sequence[str]) -> str | None:
    said = [found["said"] for line in lines if (found := _FATAL.match(line))]
    telling = [line for line in said if not _EXIT.search(line)]
    return (telling or said or [None])[-1]
