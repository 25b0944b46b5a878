"""The interface between the simulation and the search algorithms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from searching.tables.space import Values
from searching.tables.table import Scores


@dataclass(frozen=True)
class Proposal:
    """A proposed training."""

    values: Values
    ticket: Any = None
    """The algorithm's own reference to the training."""
    epochs: int | None = None
    """Epoch to train up to. None: all epochs of the table."""
    resumed: int = 0
    """Epochs of the earlier training that this one continues."""


class Searcher(Protocol):
    """Proposes trainings and learns from their scores."""

    def ask(self) -> Proposal | None:
        """Returns the next training, or None if there is none before another one ends."""
        ...

    def tell(self, proposal: Proposal, scores: Scores | None) -> None:
        """Reports a training's scores, one per objective. None: the point is infeasible."""
        ...


class Remembering(Searcher, Protocol):
    """A searcher to which trials from elsewhere can be added."""

    def remember(
        self, ended: Sequence[tuple[Proposal, Scores]], running: Sequence[tuple[Proposal, Scores]]
    ) -> None:
        """Adds ``ended`` trainings with their scores, and ``running`` ones."""
        ...
