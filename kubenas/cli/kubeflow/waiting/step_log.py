"""The one line of a failed step's log that tells most."""

import re
from collections.abc import Sequence

from kubenas.steps.process import ERROR_MARK

_MOST = 1000
_TRACEBACK = "Traceback (most recent call last):"
_FATAL = re.compile(r"^[EF]\d{4} [\d:.]+ +\d+ [\w.]+:\d+\] (?P<said>.+)$")
"""A line of KFP's own programs, of a driver for example: see glog."""
_EXIT = re.compile(r"exit (status|code) \d+$")
"""What those that watch a process say of its end: the step has said more."""


def find_error_line(log: str) -> str | None:
    """The error in ``log``; None if it tells of none.

    That is what the step says itself, else what Python does, else what Kubeflow's own programs do.
    """
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    found = _own(lines) or _raised(lines) or _fatal(lines)
    return found and " ".join(found.split())[:_MOST]


def _own(lines: Sequence[str]) -> str | None:
    said = [line.removeprefix(ERROR_MARK) for line in lines if line.startswith(ERROR_MARK)]
    return next((line for line in reversed(said) if not _EXIT.search(line)), None)


def _raised(lines: Sequence[str]) -> str | None:
    """The line after the last traceback's frames."""
    begun = [number for number, line in enumerate(lines) if line.endswith(_TRACEBACK)]
    after = lines[begun[-1] + 1 :] if begun else ()
    return next((line for line in after if not line.startswith((" ", "\t"))), None)


def _fatal(lines: Sequence[str]) -> str | None:
    said = [found["said"] for line in lines if (found := _FATAL.match(line))]
    telling = [line for line in said if not _EXIT.search(line)]
    return (telling or said or [None])[-1]
