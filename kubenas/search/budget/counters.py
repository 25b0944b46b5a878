"""Running counters of a search, updated with every record.

An update does not iterate over all trials, so a step of the search loop takes constant time.
"""

from bisect import insort
from collections.abc import Sequence
from typing import Literal

from kubenas.search.budget.cost import Cost, attempt_cost, reserved_cost
from kubenas.search.journal import (
    AttemptLost,
    Ended,
    Opened,
    Proposed,
    Record,
    SearchState,
    TrialState,
)
from kubenas.trial import FailureClass, Outcome


class SearchCounters:
    """Counters over the trials in ``state`` and over the records passed to ``update``.

    Args:
        state: the search's state when its controller starts.
        direction: direction of the objective.
    """

    def __init__(self, state: SearchState, direction: Literal["max", "min"]) -> None:
        self._sign = -1 if direction == "max" else 1
        self._open: dict[int, TrialState] = {}
        self._numbers: dict[str, int] = {}
        self._best: tuple[int, float, int] | None = None
        self._epoch_seconds: list[float] = []
        self._epoch_seconds_of: dict[int, float] = {}
        self.ended = 0
        """Ended trials, including duplicates."""
        self.completed = 0
        """Completed trials."""
        self.seconds = 0.0
        """Wall-clock time of all ended attempts."""
        self.cost = Cost()
        """Cost of all ended attempts."""
        self.recent_trials = 0
        """Trials that ended since the search was last opened, without duplicates."""
        self.recent_failures = 0
        """Recent trials that failed with an error of the program."""
        for trial in sorted(state.trials.values(), key=lambda trial: trial.number):
            self.update(trial.proposal, trial)
            for lost in trial.lost:
                self.update(lost, trial)
            if trial.end is not None:
                self.update(trial.end, trial)
        self.recent_trials = self.recent_failures = 0

    @property
    def open(self) -> list[TrialState]:
        """Trials that have not ended."""
        return list(self._open.values())

    @property
    def best(self) -> tuple[float, int] | None:
        """The best score of the highest rung and its trial; the earliest of equal ones."""
        return None if self._best is None else (self._sign * self._best[1], self._best[2])

    @property
    def epoch_seconds(self) -> Sequence[float]:
        """Seconds per epoch, sorted, of trials that completed in one attempt from scratch."""
        return self._epoch_seconds

    @property
    def best_epoch_seconds(self) -> float | None:
        """Seconds per epoch of the best trial in its first training; None: unknown."""
        return None if self._best is None else self._epoch_seconds_of.get(self._best[2])

    @property
    def reserved(self) -> Cost:
        """Maximum cost of the attempts in flight."""
        return reserved_cost(self._open.values())

    def trial_number(self, oracle_trial: str) -> int | None:
        """Returns the number of the trial with the oracle's id ``oracle_trial``."""
        return self._numbers.get(oracle_trial)

    def update(self, record: Record, trial: TrialState | None) -> None:
        """Updates the counters with a record and the state of its trial after the record."""
        match record:
            case Opened():
                self.recent_trials = self.recent_failures = 0
            case Proposed():
                self._numbers[record.oracle_trial] = record.trial
            case AttemptLost():
                self.seconds += record.seconds
            case Ended():
                self._end(record, trial)
        if trial is None:
            return
        if isinstance(record, AttemptLost | Ended):
            self.cost += attempt_cost(trial, record)
        if trial.end is None:
            self._open[trial.number] = trial
        else:
            self._open.pop(trial.number, None)

    def _end(self, end: Ended, trial: TrialState | None) -> None:
        self.ended += 1
        self.completed += end.outcome == Outcome.COMPLETED
        self.seconds += end.seconds
        if end.attempt is None:  # a duplicate
            return
        self.recent_trials += 1
        self.recent_failures += end.failure == FailureClass.APPLICATION
        if end.outcome != Outcome.COMPLETED or end.score is None:
            return
        rung = trial.proposal.epochs if trial else None
        place = (-(rung or 0), self._sign * end.score, end.trial)
        self._best = place if self._best is None else min(self._best, place)
        parent = trial.proposal.parent if trial else None
        if parent in self._epoch_seconds_of:
            self._epoch_seconds_of[end.trial] = self._epoch_seconds_of[parent]
        if end.epochs and end.attempt == 1 and parent is None:
            self._epoch_seconds_of[end.trial] = end.seconds / end.epochs
            insort(self._epoch_seconds, end.seconds / end.epochs)
