"""Decides from repeated probes whether a new model is kept. Pure."""

from dataclasses import dataclass

_IN_A_ROW = 3
"""Equal results that decide. While pods are replaced, the old and the new model both answer."""


@dataclass(frozen=True)
class ProbeResult:
    """The result of one sample request to the service."""

    correct: bool | None
    """Whether the new model's answer is correct; None if that is not known yet."""
    reason: str = ""
    """Reason if it is not correct or not known."""


class ProbeAnalysis:
    """Collects probe results of one model until they decide.

    Args:
        ready_seconds: Time limit for the first correct answer.
        hold_seconds: Time for which the answers must stay correct.
        now: Seconds of a monotonic clock.
    """

    def __init__(self, *, ready_seconds: float, hold_seconds: float, now: float) -> None:
        self._ready_seconds = ready_seconds
        self._hold_seconds = hold_seconds
        self._until = now + ready_seconds + hold_seconds
        self._row: list[bool | None] = []
        self._row_since = now

    def add(self, result: ProbeResult, now: float) -> ProbeResult | None:
        """Adds a result; returns the result that decides, or None to continue."""
        if not self._row or self._row[-1] != result.correct:
            self._row, self._row_since = [], now
        self._row.append(result.correct)
        decided = len(self._row) >= _IN_A_ROW
        if result.correct and decided and now - self._row_since >= self._hold_seconds:
            return result
        if result.correct is False and decided:
            return result
        if not result.correct and now > self._until:
            return ProbeResult(False, f"not ready after {self._ready_seconds:g} s: {result.reason}")
        return None
