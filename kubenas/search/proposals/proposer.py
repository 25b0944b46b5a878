"""Interface between the search and its oracles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from kubenas.search.journal import Ended, Origin, Record


@dataclass(frozen=True)
class Proposal:
    """A trial to run."""

    oracle_trial: str
    """The oracle's id of the trial."""
    values: dict[str, Any]
    """Values of active hyperparameters, and Hyperband's ``tuner/...`` control values."""
    state: dict[str, Any] | None = None
    """Oracle state that replaying the journal cannot rebuild."""
    epochs: int | None = None
    """Epochs of its rung; a promotion may train it further. None: no rungs."""
    parent: str | None = None
    """The proposer's id of the trial whose training it continues."""
    origin: Origin = "oracle"


class NoProposal(Enum):
    """Reason for not proposing a trial."""

    WAIT = "wait"
    """A trial in flight must end first."""
    EXHAUSTED = "exhausted"
    """No new trial is left. The end of a trial in flight may change that."""


class Proposer(Protocol):
    """Proposes trials and learns from their ends. Deterministic for a seed and a history."""

    def propose(self) -> Proposal | NoProposal:
        """Proposes the next trial, which is in flight until ``report`` is called for it."""
        ...

    def report(self, oracle_trial: str, end: Ended) -> None:
        """Reports the end of a proposed trial; called once per trial."""
        ...

    def replay(self, records: Iterable[Record]) -> Mapping[int, str]:
        """Restores the state of the proposer that produced ``records``. Needs a new instance.

        Returns:
            The proposer's ids of the trials, by trial number.
        """
        ...


class RevisableProposer(Proposer, Protocol):
    """A proposer that accepts changes to ends that were already reported."""

    def revise(self, ends: Mapping[str, Ended]) -> bool:
        """Replaces all reported ends, by trial id and in order. Other trials are in flight.

        Returns:
            False if it cannot revise earlier ends; then it is unchanged.
        """
        ...
