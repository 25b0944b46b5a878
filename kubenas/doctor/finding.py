"""What was looked at, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of a diagnosis."""

    subject: str
    ok: bool
    says: str
    """What was found; of a problem also the command or edit that mends it."""


def ok(subject: str, says: str) -> Finding:
    """Nothing to mend."""
    return Finding(subject, ok=True, says=says)


def problem(subject: str, says: str) -> Finding:
    """Something that will keep a search from running, or from running well."""
    return Finding(subject, ok=False, says=says)
