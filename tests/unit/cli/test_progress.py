"""Progress of a search on the terminal, with and without a maximum of trials."""

from dataclasses import asdict
from typing import Any

import pytest

from kubenas.cli.progress import bar_position, describe_progress
from kubenas.search.progress import Progress, RunningAttempt
from kubenas.steps.process import Status


def status(total: int | None, left: float | None) -> Status:
    progress = Progress(
        activity="search",
        done=3,
        total=total,
        running=(RunningAttempt(trial=3, attempt=1, seconds=5.0),),
        best_score=0.5,
        best_trial=1,
        seconds=20.0,
        seconds_left=left,
    )
    document: dict[str, Any] = asdict(progress)
    return Status(step="search", at=0.0, progress=document)


@pytest.mark.parametrize(
    ("total", "left", "says", "share"),
    [
        (24, None, "3 of 24 done · 1 running · best 0.5000 (trial 1)", (3, 24)),
        (
            24,
            90.0,
            "3 of 24 done · 1 running · best 0.5000 (trial 1) · about 1 min 30 s left",
            (3, 24),
        ),
        (
            None,
            60.0,
            "3 done · 1 running · best 0.5000 (trial 1) · about 1 min 00 s left",
            (20.0, 80.0),
        ),
        (None, None, "3 done · 1 running · best 0.5000 (trial 1)", (3, None)),
    ],
)
def test_progress_is_in_trials_or_else_in_time(
    total: int | None, left: float | None, says: str, share: tuple[float, float | None]
) -> None:
    shown = status(total, left)
    assert describe_progress(shown) == says
    assert bar_position(shown.progress) == share
