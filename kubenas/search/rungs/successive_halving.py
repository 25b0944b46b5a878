"""Asynchronous successive halving, promotion type (Li et al. 2020, "A System for Massively
Parallel Hyperparameter Tuning", algorithm 2). Selects the next promotion whenever a slot is
free, without waiting for a rung to fill. Pure.

Unlike the original, it never selects more than 1/eta of a rung; a model may promote more. If the
ranking changes while a rung fills, the original promotes both the former and the new best networks.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Promotion:
    """A network to train on the next rung."""

    network: int
    rung: int
    """The rung that it is promoted to, counted from 0."""


def rung_epochs(epochs: int, *, eta: int, least: int) -> tuple[int, ...]:
    """Returns the epochs of each rung, ascending; the last rung has ``epochs``.

    Each rung has about ``eta`` times the epochs of the rung below; the lowest has at least
    ``least``.
    """
    rungs = [epochs]
    while epochs / eta ** len(rungs) >= least and round(epochs / eta ** len(rungs)) < rungs[-1]:
        rungs.append(round(epochs / eta ** len(rungs)))
    return tuple(reversed(rungs))


@dataclass
class _Rung:
    scores: list[tuple[float, int, int]] = field(default_factory=list)
    """Tuples of score (signed: smaller is better), order of arrival and network; best first."""
    promoted: set[int] = field(default_factory=set)


class SuccessiveHalving:
    """Selects the networks to promote. The result depends on the order of the calls.

    Args:
        rungs: number of rungs.
        eta: the best 1/eta of a rung is promoted.
        direction: direction of the score.
    """

    def __init__(self, rungs: int, *, eta: int, direction: Literal["max", "min"]) -> None:
        self._rungs = [_Rung() for _ in range(rungs)]
        self._eta = eta
        self._sign = -1 if direction == "max" else 1

    def add_score(self, network: int, rung: int, score: float) -> None:
        """Adds the score of a completed network. Failed networks are never promoted."""
        scores = self._rungs[rung].scores
        insort(scores, (self._sign * score, len(scores), network))

    def mark_promoted(self, promotion: Promotion) -> None:
        """Marks ``promotion`` as done."""
        self._rungs[promotion.rung - 1].promoted.add(promotion.network)

    def next_promotion(self) -> Promotion | None:
        """Returns the next promotion, from the highest possible rung; None if there is none."""
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
