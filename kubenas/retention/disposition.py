"""Final facts about the attempts of a trial or a task.

These facts never change: a lost attempt stays lost, an ended trial ended, a closed search closed.
Garbage collection can rely on them while the search continues.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kubenas.search.journal import SearchState, TrialState
from kubenas.search.layout import trial_folder
from kubenas.trial import Outcome, Result


@dataclass(frozen=True)
class Disposition:
    """Final facts about the attempts of one trial or task."""

    over: bool
    """Whether no further attempt will start."""
    lost: frozenset[int] = frozenset()
    """Lost attempts."""
    outcome: Outcome | None = None
    """None if undecided, or if the search ended first."""
    parent: int | None = None
    """Attempt whose checkpoint a later trial may resume from."""


def trial_dispositions(state: SearchState) -> dict[str, Disposition]:
    """Returns the disposition of each trial of a search, by its folder."""
    # Proposals with epochs may resume from the checkpoint of any completed trial.
    further = state.closed is None and any(
        trial.proposal.epochs is not None for trial in state.trials.values()
    )
    return {
        trial_folder(trial.number): _trial_disposition(
            trial, closed=state.closed is not None, further=further
        )
        for trial in state.trials.values()
    }


def task_disposition(attempts: Iterable[int], deciding: Result | None) -> Disposition:
    """Returns the disposition of a task with these attempts and the result that counts, if any.

    Without a result no attempt is lost, because an abandoned one may still write a result.
    """
    if deciding is None:
        return Disposition(over=False)
    lost = frozenset(attempts) - {deciding.attempt}
    return Disposition(over=True, lost=lost, outcome=deciding.outcome)


def _trial_disposition(trial: TrialState, *, closed: bool, further: bool) -> Disposition:
    end = trial.end
    completed = end is not None and end.outcome == Outcome.COMPLETED
    return Disposition(
        over=closed or end is not None,
        lost=frozenset(lost.attempt for lost in trial.lost),
        outcome=end.outcome if end else None,
        parent=end.attempt if end and completed and further else None,
    )
