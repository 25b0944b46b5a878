"""What the simulation asks of an algorithm, whoever's it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from searching.tables.space import Values
from searching.tables.table import Scores


@dataclass(frozen=True)
class Proposal:
    """A training to run."""

    values: Values
    ticket: Any = None
    """The algorithm's own name of it."""
    epochs: int | None = None
    """Up to which to train; None for as many as the table has."""
    resumed: int = 0
    """Epochs that were trained before, from whose end this training goes on."""


class Searcher(Protocol):
    """Proposes trainings and learns from their ends."""

    def ask(self) -> Proposal | None:
        """The next training; None where there is none, at least until one in flight ends."""
        ...

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        """How a training ended: one score an objective, or None where it is infeasible."""
        ...


class Remembering(Searcher, Protocol):
    """Can be brought to where it would be after trials that somebody else proposed."""

    def remember(
        self, ended: Sequence[tuple[Proposal, Scores]], running: Sequence[tuple[Proposal, Scores]]
    ) -> None:
        """Takes ``ended`` for its own ended trainings, ``running`` for those in flight."""
        ...
