"""How long a new model is asked the sample before it is kept or given up. Pure."""

from dataclasses import dataclass

_IN_A_ROW = 3
"""Answers that decide: while pods are replaced, both models answer."""


@dataclass(frozen=True)
class ProbeResult:
    """One look at the service."""

    right: bool | None
    """Whether the new model answers rightly; None: that cannot be told yet."""
    why: str = ""
    """Why not."""


class ProbeAnalysis:
    """Of one model.

    Args:
        ready_seconds: within which it must have begun to answer rightly.
        hold_seconds: for which it must go on to.
        now: by a monotonic clock, in seconds.
    """

    def __init__(self, *, ready_seconds: float, hold_seconds: float, now: float) -> None:
        self._ready_seconds = ready_seconds
        self._hold_seconds = hold_seconds
        self._until = now + ready_seconds + hold_seconds
        self._row: list[bool | None] = []
        self._row_since = now

    def end(self, look: ProbeResult, now: float) -> ProbeResult | None:
        """How it ends with this look: rightly, or not and why; None: it goes on."""
        if not self._row or self._row[-1] != look.right:
            self._row, self._row_since = [], now
        self._row.append(look.right)
        settled = len(self._row) >= _IN_A_ROW
        if look.right and settled and now - self._row_since >= self._hold_seconds:
            return look
        if look.right is False and settled:
            return look
        if not look.right and now > self._until:
            return ProbeResult(False, f"not after {self._ready_seconds:g} s: {look.why}")
        return None
