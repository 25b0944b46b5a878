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


class EstimatedEnd(Ended):
    """End of a trial of fewer epochs than others. Its score at their epochs is an estimate."""

    deviation: float
    """Standard deviation of the estimate."""


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
    """A proposer that accepts changes to ends that were already reported.

    If it ``refits``, the settings of its models are the same until the next :meth:`refit`.
    """

    @property
    def refits(self) -> bool:
        """Whether it has models that can be refitted."""
        ...

    def refit(self) -> object:
        """Fits the settings of its models to the reported ends, and returns them."""
        ...

    def adopt(self, settings: object) -> None:
        """Uses the settings that :meth:`refit` of another proposer returned."""
        ...

    def continuation(self) -> str | None:
        """Returns the trial with an estimated score whose training should continue now.

        None: a new trial is at least as promising.
        """
        ...

    def limit_sizes(self, trained: Mapping[str, Any], epoch_seconds: float) -> None:
        """Proposes only networks that can be retrained in time, by the speed of a training.

        Args:
            trained: values of the hyperparameters of the trained network.
            epoch_seconds: seconds per epoch of its training.
        """
        ...

    def revise(self, ends: Mapping[str, Ended]) -> bool:
        """Replaces all reported ends, by trial id and in order. Other trials are in flight.

        Returns:
            False if it cannot revise earlier ends; then it is unchanged.
        """
        ...
