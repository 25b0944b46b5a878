"""What the search asks of an oracle, whoever's it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from kubenas.search.journal import Ended, Origin, Record


@dataclass(frozen=True)
class Proposal:
    """A trial to run."""

    oracle_trial: str
    """The oracle's own id of it."""
    values: dict[str, Any]
    """Active hyperparameters, and Hyperband's ``tuner/...`` control values."""
    state: dict[str, Any] | None = None
    """What cannot be rebuilt from the journal's other records."""
    epochs: int | None = None
    """The rung: train up to this epoch, perhaps to go on later; None: there are no rungs."""
    parent: str | None = None
    """The proposer's own id of the trial to go on from."""
    origin: Origin = "oracle"


class NoProposal(Enum):
    """Why there is none now."""

    WAIT = "wait"
    """A trial in flight must end first."""
    EXHAUSTED = "exhausted"
    """There is nothing left to try, unless a trial in flight changes that."""


class Proposer(Protocol):
    """Proposes trials and learns from their ends. Same seed and history, same proposals."""

    def propose(self) -> Proposal | NoProposal:
        """The next trial, which is in flight until it is reported."""
        ...

    def report(self, oracle_trial: str, end: Ended) -> None:
        """Tells how a proposed trial ended, once."""
        ...

    def replay(self, records: Iterable[Record]) -> Mapping[int, str]:
        """Brings a fresh proposer to where the one that made ``records`` was.

        Returns:
            Its own ids of their trials, by number.
        """
        ...


class RevisableProposer(Proposer, Protocol):
    """A proposer whose trials may be told to have ended otherwise than before."""

    def revise(self, ends: Mapping[str, Ended]) -> bool:
        """Tells how all its trials ended, by its own ids and in order; others are in flight.

        Returns:
            False if it cannot take back what it was told; then it has not changed.
        """
        ...
