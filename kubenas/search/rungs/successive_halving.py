"""Asynchronous successive halving, promotion type (Li et al. 2020, "A System for Massively
Parallel Hyperparameter Tuning", algorithm 2): who is trained further, decided whenever a slot is
free, never waiting for a rung to fill. Pure.

Unlike theirs it never promotes more than one in eta of a rung: where the best change while a rung
fills, theirs promotes the old and the new ones.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Promotion:
    """A network to train further."""

    network: int
    rung: int
    """That it is promoted to, counted from 0."""


def rung_epochs(epochs: int, *, eta: int, least: int) -> tuple[int, ...]:
    """The epochs that each rung trains up to, ascending; the last are ``epochs``.

    Each rung trains about ``eta`` times as long as the one below, the lowest ``least`` epochs or
    more.
    """
    rungs = [epochs]
    while epochs / eta ** len(rungs) >= least and round(epochs / eta ** len(rungs)) < rungs[-1]:
        rungs.append(round(epochs / eta ** len(rungs)))
    return tuple(reversed(rungs))


@dataclass
class _Rung:
    scores: list[tuple[float, int, int]] = field(default_factory=list)
    """Signed so that less is better, the order of ending, the network; best first."""
    promoted: set[int] = field(default_factory=set)


class SuccessiveHalving:
    """Which networks have earned a place on the next rung. The order of the calls decides.

    Args:
        rungs: how many there are.
        eta: one network in so many is promoted.
        direction: of the score.
    """

    def __init__(self, rungs: int, *, eta: int, direction: Literal["max", "min"]) -> None:
        self._rungs = [_Rung() for _ in range(rungs)]
        self._eta = eta
        self._sign = -1 if direction == "max" else 1

    def add_score(self, network: int, rung: int, score: float) -> None:
        """Takes note of a score; a network that failed has none and is never promoted."""
        scores = self._rungs[rung].scores
        insort(scores, (self._sign * score, len(scores), network))

    def mark_promoted(self, promotion: Promotion) -> None:
        """Takes note that ``promotion`` was made."""
        self._rungs[promotion.rung - 1].promoted.add(promotion.network)

    def next_promotion(self) -> Promotion | None:
        """Who is to be trained further, from the highest rung that has someone; None: nobody."""
        for number in range(len(self._rungs) - 2, -1, -1):
            if (network := self._promotable(self._rungs[number])) is not None:
                return Promotion(network, number + 1)
        return None

    def _promotable(self, rung: _Rung) -> int | None:
        places = len(rung.scores) // self._eta
        if len(rung.promoted) >= places:
            return None
        best: Sequence[tuple[float, int, int]] = rung.scores[:places]
        return next((network for *_, network in best if network not in rung.promoted), None)
