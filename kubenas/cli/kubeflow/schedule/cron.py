"""Cron expressions of Kubeflow Pipelines and their next times.

The scheduler uses six fields, seconds first, in the dialect of robfig/cron 1.2: ``*`` or ``?``,
numbers, names of months and days, ranges, steps and lists. Sunday is 0; 7 is invalid. If both day
fields are restricted, a match of either is sufficient. The scheduler would read an expression of
five fields as seconds first, so a field for the seconds is added here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Maximum number of days of each month."""

_YEARS = 5
"""The scheduler's limit for the search of the next time."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True)
class Cron:
    """A parsed expression: the allowed values of each field."""

    text: str
    """The expression with six fields."""
    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    any_day: bool
    """Whether one of the day fields has a star. Then both must match, otherwise either."""

    def is_on(self, day: datetime) -> bool:
        """Whether ``day`` matches the month and day fields."""
        in_month = day.day in self.days
        in_week = day.isoweekday() % 7 in self.weekdays
        matches = in_month and in_week if self.any_day else in_month or in_week
        return day.month in self.months and matches


def parse_cron(text: str) -> Cron:
    """Parses an expression of five fields (minutes first) or six fields (seconds first).

    Raises:
        ValueError: the expression is invalid or never matches; the message names the field.
    """
    fields = text.split()
    if len(fields) not in (5, 6):
        raise ValueError(
            f"must have five fields (minute hour day month weekday) or six (second first), has"
            f" {len(fields)}"
        )
    fields = ["0"] * (6 - len(fields)) + fields
    values = [_values(text, field) for text, field in zip(fields, _FIELDS, strict=True)]
    stars = [any(part[0] in "*?" for part in fields[day].split(",") if part) for day in (3, 5)]
    second, minute, hour, day, month, weekday = values
    cron = Cron(" ".join(fields), second, minute, hour, day, month, weekday, any(stars))
    if cron.any_day and not any(min(cron.days) <= _LONGEST[each - 1] for each in cron.months):
        raise ValueError("never matches: no such month has such a day")
    return cron


def next_times(cron: Cron, after: datetime, zone: tzinfo, count: int = 3) -> list[datetime]:
    """Returns the first ``count`` times after ``after`` (an aware time) in the time zone ``zone``.

    Times skipped by daylight saving time are left out; repeated times occur twice.
    """
    times = _times(cron, after, zone)
    return [time for _, time in zip(range(count), times, strict=False)]


def _times(cron: Cron, after: datetime, zone: tzinfo) -> Iterator[datetime]:
    time = after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    end = time.year + _YEARS
    while time.year <= end:
        local = time.astimezone(zone)
        ahead = _to_the_next(cron, local)
        if ahead is None:
            end = time.year + _YEARS
            yield local
            ahead = timedelta(seconds=1)
        time += ahead


def _to_the_next(cron: Cron, local: datetime) -> timedelta | None:
    """Time to the end of the largest unit that does not match; None if all units match."""
    if not cron.is_on(local):
        midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, fold=0)
        return midnight.astimezone(UTC) - local.astimezone(UTC)
    if local.hour not in cron.hours:
        return timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second)
    if local.minute not in cron.minutes:
        return timedelta(seconds=60 - local.second)
    return None if local.second in cron.seconds else timedelta(seconds=1)


def _values(text: str, field: _Field) -> frozenset[int]:
    parts = [part for part in text.split(",") if part]
    if not parts:
        raise ValueError(f"{field.name}: {text!r} has no value")
    return frozenset(value for part in parts for value in _range(part, field))


def _range(part: str, field: _Field) -> range:
    bounds, slash, step_text = part.partition("/")
    first, dash, last = bounds.partition("-")
    step = _number(step_text, field, part) if slash else 1
    if first in ("*", "?"):
        low, high = field.low, field.high
    else:
        low = _number(first, field, part)
        high = _number(last, field, part) if dash else field.high if slash else low
    if not field.low <= low <= high <= field.high or step < 1:
        sunday = "; Sunday is 0" if field.high == 6 else ""
        raise ValueError(
            f"{field.name}: {part!r} must lie within {field.low} to {field.high}{sunday}"
        )
    return range(low, high + 1, step)


def _number(text: str, field: _Field, part: str) -> int:
    if text.lower() in field.names:
        return field.low + field.names.index(text.lower())
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{field.name}: {part!r} is not a number, range, list, step or name")
    return int(text)
