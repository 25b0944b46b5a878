"""Results of checks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Result of one check."""

    subject: str
    ok: bool
    message: str
    """What was found and, for a problem, the command or edit that fixes it."""


def ok(subject: str, message: str) -> Finding:
    """Returns a finding without a problem."""
    return Finding(subject, ok=True, message=message)


def problem(subject: str, message: str) -> Finding:
    """Returns a finding with a problem that affects a search."""
    return Finding(subject, ok=False, message=message)
