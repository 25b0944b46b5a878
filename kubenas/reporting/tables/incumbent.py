"""The incumbent (best trial so far) by number of ended trials and by trial time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from kubenas.search.journal import SearchState, TrialState
from kubenas.trial import Outcome


@dataclass(frozen=True)
class Step:
    """The end of a trial. ``best`` is the incumbent's score afterwards; None without a score."""

    trial: int
    ended: int
    """Number of ended trials, including this one."""
    seconds: float
    """Trial time so far, as computed by :func:`busy_seconds`."""
    score: float | None
    best: float | None
    improved: bool


def incumbents(state: SearchState, direction: str) -> list[Step]:
    """Returns one step for each ended trial that is not a duplicate, in order of their ends.

    The first score of a higher rung always replaces the best score of a lower rung.
    """
    ends = [t for t in state.ended() if t.proposal.duplicate_of is None]
    ends.sort(key=lambda trial: (trial.end.at if trial.end else 0.0, trial.number))
    clock = busy_seconds(state.trials.values(), [t.end.at for t in ends if t.end])
    sign = 1 if direction == "max" else -1
    steps: list[Step] = []
    best: float | None = None
    merit: tuple[int, float] | None = None
    for place, (trial, seconds) in enumerate(zip(ends, clock, strict=True), 1):
        score = _score(trial)
        improved = score is not None and (merit is None or (trial.rung, sign * score) > merit)
        if score is not None and improved:
            best, merit = score, (trial.rung, sign * score)
        steps.append(Step(trial.number, place, seconds, score, best, improved))
    return steps


def busy_seconds(trials: Iterable[TrialState], moments: list[float]) -> list[float]:
    """Returns, for each of ``moments`` (ascending), the earlier time with a running attempt.

    Time in which no controller ran the search does not count.
    """
    spans = sorted((at - seconds, at) for trial in trials for at, seconds in _attempts(trial))
    merged: list[tuple[float, float]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return _clock(merged, moments)


def _clock(spans: list[tuple[float, float]], moments: list[float]) -> list[float]:
    clock, done, place = [], 0.0, 0
    for moment in moments:
        while place < len(spans) and spans[place][1] <= moment:
            done += spans[place][1] - spans[place][0]
            place += 1
        begun = max(0.0, moment - spans[place][0]) if place < len(spans) else 0.0
        clock.append(done + begun)
    return clock


def _attempts(trial: TrialState) -> list[tuple[float, float]]:
    ends = [(lost.at, lost.seconds) for lost in trial.lost]
    if trial.end:
        ends.append((trial.end.at, trial.end.seconds))
    return ends


def _score(trial: TrialState) -> float | None:
    end = trial.end
    if end is None or end.outcome != Outcome.COMPLETED or end.score is None:
        return None
    return end.score if math.isfinite(end.score) else None
