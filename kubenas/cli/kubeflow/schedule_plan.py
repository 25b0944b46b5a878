"""What to do so that a server has a schedule as its file says: decided here, done elsewhere.

A recurring run cannot be changed on the server. So another one takes its place: it is created
switched off, the old one is switched off, the new one on, and the old one deleted. At no moment
are two of them on, and whatever is left of a change that was cut short, the next one completes:
each recurring run bears the digest of its settings, its revision, and whether it was to be on.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from kubenas.errors import UserError

_MARK = re.compile(r"kubenas schedule ([0-9a-f]{12}), revision (\d+), to be (on|off)")

Verb = Literal["create", "enable", "disable", "delete"]


@dataclass(frozen=True)
class Mark:
    """What a recurring run's description says of how it was created."""

    digest: str
    """Of its settings."""
    revision: int = 1
    """Counts the recurring runs of one schedule, from 1."""
    meant_on: bool = True
    """Whether it was to be on once the change was complete."""

    @classmethod
    def read(cls, description: str) -> Self | None:
        """The mark in ``description``; None if there is none."""
        found = _MARK.search(description)
        return cls(found[1], int(found[2]), found[3] == "on") if found else None

    def __str__(self) -> str:
        on = "on" if self.meant_on else "off"
        return f"kubenas schedule {self.digest}, revision {self.revision}, to be {on}"


@dataclass(frozen=True)
class Recurring:
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
class Step:
    """One request to the server."""

    verb: Verb
    id: str | None = None
    """None: the recurring run that an earlier step creates."""
    on: bool = True
    """Of a creation: whether it is on from the beginning."""
    mark: Mark | None = None
    """Of a creation."""


def check_ours(existing: Sequence[Recurring], name: str) -> None:
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


def to_apply(existing: Sequence[Recurring], digest: str) -> tuple[Step, ...]:
    """Steps after which there is one recurring run with the settings of ``digest``.

    A paused schedule stays paused.
    """
    same = [each for each in existing if each.mark and each.mark.digest == digest]
    keep = max(same, key=lambda each: (each.on, each.revision), default=None)
    on = is_meant_on(existing)
    others = [each for each in existing if each is not keep]
    revision = 1 + max((each.revision for each in existing), default=0)
    create = [] if keep else [Step("create", on=on and not others, mark=Mark(digest, revision, on))]
    is_on = keep.on if keep else on and not others
    return (
        *create,
        *_switched_off(others),
        *([Step("enable", keep.id if keep else None)] if on and not is_on else []),
        *_deleted(others),
    )


def to_pause(existing: Sequence[Recurring]) -> tuple[Step, ...]:
    """Steps after which the newest is left, and off."""
    last = newest(existing)
    return (*_switched_off(existing), *_deleted(each for each in existing if each is not last))


def to_resume(existing: Sequence[Recurring]) -> tuple[Step, ...]:
    """Steps after which the newest is left, and on."""
    last = newest(existing)
    others = [each for each in existing if each is not last]
    enable = [] if last.on else [Step("enable", last.id)]
    return (*_switched_off(others), *enable, *_deleted(others))


def to_delete(existing: Sequence[Recurring]) -> tuple[Step, ...]:
    """Steps after which none is left."""
    return (*_switched_off(existing), *_deleted(existing))


def is_meant_on(existing: Sequence[Recurring]) -> bool:
    """Whether the schedule is to start runs: not if it was paused.

    One that is alone and off is paused. Several that are all off are a change that was cut short;
    the newest knows what was meant.
    """
    if not existing or any(each.on for each in existing):
        return True
    mark = newest(existing).mark
    return len(existing) > 1 and mark is not None and mark.meant_on


def newest(existing: Sequence[Recurring]) -> Recurring:
    """The one that was created last."""
    return max(existing, key=lambda each: each.revision)


def _switched_off(those: Sequence[Recurring]) -> list[Step]:
    return [Step("disable", each.id) for each in those if each.on]


def _deleted(those: Iterable[Recurring]) -> list[Step]:
    return [Step("delete", each.id) for each in those]
