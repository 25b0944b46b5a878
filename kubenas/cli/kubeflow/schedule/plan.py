"""What to do so that a server has a schedule as its file says: decided here, done elsewhere.

A recurring run cannot be changed on the server, and its runs are its own: deleting it ends those
that are in flight. So a change creates another one and switches the old one off; the old one is
deleted once no run of it is in flight, by whichever command comes next. Until then it is
superseded: of the recurring runs of one schedule the newest is the schedule, the others are
what is left of earlier ones. Each bears the digest of its settings and its revision. Steps are
ordered so that the next command completes a change that was cut short anywhere.
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
    """What a recurring run's description says of how it was created."""

    digest: str
    """Of its settings."""
    revision: int = 1
    """Counts the recurring runs of one schedule, from 1."""

    @classmethod
    def read(cls, description: str) -> Self | None:
        """The mark in ``description``; None if there is none."""
        found = _MARK.search(description)
        return cls(found[1], int(found[2])) if found else None

    def __str__(self) -> str:
        return f"kubenas schedule {self.digest}, revision {self.revision}"


@dataclass(frozen=True)
class RecurringRun:
    """A recurring run that the server has under the schedule's name."""

    id: str
    on: bool
    mark: Mark | None
    """None: not created by us."""

    @property
    def revision(self) -> int:
        """0: not created by us."""
        return self.mark.revision if self.mark else 0


@dataclass(frozen=True)
class Action:
    """One request to the server."""

    verb: Verb
    id: str | None = None
    """None: of a creation."""
    on: bool = True
    """Of a creation: whether it is to start runs."""
    mark: Mark | None = None
    """Of a creation."""


def check_ownership(existing: Sequence[RecurringRun], name: str) -> None:
    """Refuses to touch what somebody else has made.

    Raises:
        UserError: there is such a recurring run of the name ``name``.
    """
    for each in existing:
        if each.mark is None:
            raise UserError(
                f"{name}: a recurring run of this name was made by other means ({each.id}); delete"
                " it in the Kubeflow UI, or give the schedule another name"
            )


def plan_apply(existing: Sequence[RecurringRun], digest: str) -> tuple[Action, ...]:
    """Steps after which the newest has the settings of ``digest`` and no other is on.

    A paused schedule stays paused. Between two actions two may be on; never none is that should be.
    """
    last = newest(existing)
    if last is not None and last.mark is not None and last.mark.digest == digest:
        others = [each for each in existing if each is not last]
        enable = [Action("enable", last.id)] if is_on(existing) and not last.on else []
        return (*enable, *_switched_off(others))
    revision = 1 + (last.revision if last else 0)
    create = Action("create", on=not existing or is_on(existing), mark=Mark(digest, revision))
    return (create, *_switched_off(existing))


def plan_pause(existing: Sequence[RecurringRun]) -> tuple[Action, ...]:
    """Steps after which none is on."""
    return _switched_off(existing)


def plan_resume(existing: Sequence[RecurringRun]) -> tuple[Action, ...]:
    """Steps after which the newest is on and no other."""
    last = newest(existing)
    enable = [Action("enable", last.id)] if last is not None and not last.on else []
    return (*enable, *_switched_off([each for each in existing if each is not last]))


def plan_cleanup(existing: Sequence[RecurringRun], busy: Collection[str]) -> tuple[Action, ...]:
    """Steps after which the superseded ones are gone, but those whose id is in ``busy``."""
    return _deleted(superseded(existing), busy)


def plan_delete(existing: Sequence[RecurringRun], busy: Collection[str]) -> tuple[Action, ...]:
    """Steps after which all are gone, but those whose id is in ``busy``.

    The newest stays while another does: it is the schedule that a later command completes.
    """
    if any(each.id in busy for each in existing):
        return plan_cleanup(existing, busy)
    return _deleted(existing, busy)


def is_on(existing: Sequence[RecurringRun]) -> bool:
    """Whether the schedule starts runs: it is paused if none of its recurring runs is on."""
    return any(each.on for each in existing)


def newest(existing: Sequence[RecurringRun]) -> RecurringRun | None:
    """The one that was created last; of two that were created at once, one that is on."""
    return max(existing, key=lambda each: (each.revision, each.on, each.id), default=None)


def superseded(existing: Sequence[RecurringRun]) -> tuple[RecurringRun, ...]:
    """All but the newest, the oldest first."""
    last = newest(existing)
    return tuple(each for each in _by_age(existing) if each is not last)


def _by_age(those: Sequence[RecurringRun]) -> list[RecurringRun]:
    return sorted(those, key=lambda each: each.revision)


def _switched_off(those: Sequence[RecurringRun]) -> tuple[Action, ...]:
    return tuple(Action("disable", each.id) for each in _by_age(those) if each.on)


def _deleted(those: Sequence[RecurringRun], busy: Collection[str]) -> tuple[Action, ...]:
    free = [each for each in _by_age(those) if each.id not in busy and not each.on]
    return tuple(Action("delete", each.id) for each in free)
