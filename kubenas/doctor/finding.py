"""What was looked at, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis."""

    subject: str
    ok: bool
    message: str
    """What was found; of a problem also the command or edit that mends it."""


def ok(subject: str, message: str) -> Finding:
    """Nothing to mend."""
    return Finding(subject, ok=True, message=message)


def problem(subject: str, message: str) -> Finding:
    """Something that will keep a search from running, or from running well."""
    return Finding(subject, ok=False, message=message)
