"""Plans of the requests that bring a schedule on a server to the state of its file.

A recurring run cannot be changed on the server, and deleting it terminates its active runs. A
change therefore creates a new recurring run and disables the old one. A later command deletes the
old one when it has no active run. The newest recurring run of a schedule is the current one; the
others are superseded. The description of each holds the digest of its settings and a revision.
Actions are ordered so that the next command completes an interrupted change.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from kubenas.errors import UserError

_MARK = re.compile(r"kubenas schedule ([0-9a-f]{12}), revision (\d+)")

Verb = Literal["create", "enable", "disable", "delete"]


@dataclass(frozen=True)
class Mark:
    """The mark in the description of a recurring run that kubenas created."""

    digest: str
    """Digest of the settings."""
    revision: int = 1
    """Number of the recurring run within its schedule, from 1."""

    @classmethod
    def read(cls, description: str) -> Self | None:
        """Parses the mark in ``description``; None if there is none."""
        found = _MARK.search(description)
        return cls(found[1], int(found[2])) if found else None

    def __str__(self) -> str:
        return f"kubenas schedule {self.digest}, revision {self.revision}"


@dataclass(frozen=True)
class RecurringRun:
    """A recurring run on the server with the name of the schedule."""

    id: str
    on: bool
    mark: Mark | None
    """None if it was not created by kubenas."""

    @property
    def revision(self) -> int:
        """Revision of the mark; 0 if it was not created by kubenas."""
        return self.mark.revision if self.mark else 0


@dataclass(frozen=True)
class Action:
    """One request to the server."""

    verb: Verb
    id: str | None = None
    """Id of the recurring run; None to create one."""
    on: bool = True
    """Whether a created recurring run is enabled."""
    mark: Mark | None = None
    """Mark of a created recurring run."""


def check_ownership(existing: Sequence[RecurringRun], name: str) -> None:
    """Checks that all recurring runs with the name ``name`` were created by kubenas.

    Raises:
        UserError: one was created by other means.
    """
    for each in existing:
        if each.mark is None:
            raise UserError(
                f"{name}: a recurring run with this name was created by other means ({each.id});"
                " delete it in the Kubeflow UI or rename the schedule"
            )


def plan_apply(existing: Sequence[RecurringRun], digest: str) -> tuple[Action, ...]:
    """Plans to have the newest with the settings of ``digest`` and all others disabled.

    A paused schedule stays paused. While the plan is executed, two recurring runs may be enabled,
    but an active schedule always has at least one.
    """
    last = newest(existing)
    if last is not None and last.mark is not None and last.mark.digest == digest:
        others = [each for each in existing if each is not last]
        enable = [Action("enable", last.id)] if is_on(existing) and not last.on else []
        return (*enable, *_disable(others))
    revision = 1 + (last.revision if last else 0)
    create = Action("create", on=not existing or is_on(existing), mark=Mark(digest, revision))
    return (create, *_disable(existing))


def plan_pause(existing: Sequence[RecurringRun]) -> tuple[Action, ...]:
    """Plans to disable all recurring runs."""
    return _disable(existing)


def plan_resume(existing: Sequence[RecurringRun]) -> tuple[Action, ...]:
    """Plans to enable the newest recurring run only."""
    last = newest(existing)
    enable = [Action("enable", last.id)] if last is not None and not last.on else []
    return (*enable, *_disable([each for each in existing if each is not last]))


def plan_cleanup(existing: Sequence[RecurringRun], busy: Collection[str]) -> tuple[Action, ...]:
    """Plans to delete the superseded recurring runs whose id is not in ``busy``."""
    return _delete(superseded(existing), busy)


def plan_delete(existing: Sequence[RecurringRun], busy: Collection[str]) -> tuple[Action, ...]:
    """Plans to delete all recurring runs whose id is not in ``busy``.

    The newest is kept as long as any other is busy, so that a later command finds the schedule.
    """
    if any(each.id in busy for each in existing):
        return plan_cleanup(existing, busy)
    return _delete(existing, busy)


def is_on(existing: Sequence[RecurringRun]) -> bool:
    """Whether any recurring run is enabled. Otherwise the schedule is paused."""
    return any(each.on for each in existing)


def newest(existing: Sequence[RecurringRun]) -> RecurringRun | None:
    """Returns the recurring run with the highest revision; for equal revisions an enabled one."""
    return max(existing, key=lambda each: (each.revision, each.on, each.id), default=None)


def superseded(existing: Sequence[RecurringRun]) -> tuple[RecurringRun, ...]:
    """Returns all recurring runs except the newest, the oldest first."""
    last = newest(existing)
    return tuple(each for each in _by_age(existing) if each is not last)


def _by_age(those: Sequence[RecurringRun]) -> list[RecurringRun]:
    return sorted(those, key=lambda each: each.revision)


def _disable(those: Sequence[RecurringRun]) -> tuple[Action, ...]:
    return tuple(Action("disable", each.id) for each in _by_age(those) if each.on)


def _delete(those: Sequence[RecurringRun], busy: Collection[str]) -> tuple[Action, ...]:
    free = [each for each in _by_age(those) if each.id not in busy and not each.on]
    return tuple(Action("delete", each.id) for each in free)
