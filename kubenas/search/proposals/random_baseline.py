"""Random baseline: a share of the search's trials that is sampled at random for comparison."""

from collections.abc import Callable, Sequence
from typing import Any

from kubenas.search.journal import OracleEvent, Proposed
from kubenas.search.proposals.proposer import Proposal
from kubenas.search.seeds import derived_seed
from kubenas.search.space import Hyperparameter, new_hyperparameters


class RandomBaseline:
    """Proposal source of random points.

    Args:
        draw: samples a point, given a seed and the hyperparameters added to the space.
        share: share of the search's networks.
        seed: the search's seed.
        epochs: epochs of the highest rung; None: no rungs.
    """

    def __init__(
        self,
        draw: Callable[[int, Sequence[Hyperparameter]], dict[str, Any]],
        *,
        share: float,
        seed: int,
        epochs: int | None = None,
    ) -> None:
        self._draw = draw
        self._share = share
        self._seed = seed
        self._epochs = epochs
        self._trials = 0
        self._networks = 0
        self._drawn = 0
        self._declared: list[Hyperparameter] = []

    def observe(self, record: OracleEvent) -> None:
        if isinstance(record, Proposed):
            self._trials += 1
            self._networks += record.parent is None
            self._drawn += record.origin == "baseline"
        else:
            self._declared += new_hyperparameters(self._declared, record.declared.new)

    def propose(self) -> Proposal | None:
        if self._drawn + 1 > self._share * (self._networks + 1):
            return None
        values = self._draw(derived_seed("baseline", self._seed, self._drawn), self._declared)
        return Proposal(str(self._trials), values, epochs=self._epochs, origin="baseline")
