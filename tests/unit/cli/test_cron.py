"""Cron expressions of the Kubeflow scheduler and their start times.

The times were compared with those of robfig/cron 1.2.0 itself, which that scheduler uses.
"""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kubenas.cli.kubeflow.schedule.cron import next_times, parse_cron

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


def times(text: str, after: datetime = NOW, zone: str = "UTC") -> list[str]:
    found = next_times(parse_cron(text), after, ZoneInfo(zone))
    return [f"{time:%a %m-%d %H:%M:%S%z}".removesuffix("+0000") for time in found]


@pytest.mark.parametrize(
    ("given", "six"),
    [
        ("0 3 * * mon", "0 0 3 * * mon"),
        ("30 0 3 * * 1", "30 0 3 * * 1"),
        ("  */15  *  * *   * ", "0 */15 * * * *"),
    ],
)
def test_five_fields_become_six_with_the_second_first(given: str, six: str) -> None:
    assert parse_cron(given).text == six


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 3 * * mon", ["Mon 11-30 03:00:00", "Mon 12-07 03:00:00", "Mon 12-14 03:00:00"]),
        ("0 3 * * 1-3/2", ["Mon 11-30 03:00:00", "Wed 12-02 03:00:00", "Mon 12-07 03:00:00"]),
        ("59 59 23 31 DEC ?", ["Thu 12-31 23:59:59", "Fri 12-31 23:59:59", "Sun 12-31 23:59:59"]),
        ("0 0 29 2 *", ["Tue 02-29 00:00:00", "Sun 02-29 00:00:00", "Fri 02-29 00:00:00"]),
        # Both days are given: either suffices. With a star in one, both must match.
        ("0 0 1 * sun", ["Sun 11-29 00:00:00", "Tue 12-01 00:00:00", "Sun 12-06 00:00:00"]),
        ("0 0 */2 * sun", ["Sun 11-29 00:00:00", "Sun 12-13 00:00:00", "Sun 12-27 00:00:00"]),
        ("40/15 0 12 * * *", ["Wed 11-25 12:00:40", "Wed 11-25 12:00:55", "Thu 11-26 12:00:40"]),
    ],
)
def test_next_times(text: str, expected: list[str]) -> None:
    assert times(text) == expected


def test_daylight_saving_time() -> None:
    spring, autumn = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
    skipped = times("30 2 * * *", spring, "Europe/Berlin")
    assert skipped == [
        "Sat 03-28 02:30:00+0100",
        "Mon 03-30 02:30:00+0200",
        "Tue 03-31 02:30:00+0200",
    ]
    twice = times("30 2 * * *", autumn, "Europe/Berlin")
    assert twice == [
        "Sun 10-25 02:30:00+0200",
        "Sun 10-25 02:30:00+0100",
        "Mon 10-26 02:30:00+0100",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 3 * *", "has 4"),
        ("@weekly", "five fields"),
        ("0 3 * * 7", "day of week: '7' must lie within 0 to 6; Sunday is 0"),
        ("60 3 * * 1", "minute: '60'"),
        ("0 3 5-2 * *", "day of month: '5-2'"),
        ("0 3 * * mon-", "day of week: 'mon-'"),
        ("0 */0 * * *", "hour: '*/0'"),
        ("0 3 30 2 *", "never matches"),
        ("0 3 , * *", "has no value"),
        ("0 ³ * * *", "hour"),
    ],
)
def test_invalid_cron_expressions_raise(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_cron(text)
