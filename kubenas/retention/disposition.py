"""What is settled about attempts that lie side by side: those of a trial, or of a task.

Settled facts stay true: a lost attempt stays lost, an ended trial ended, a closed search closed. So
what follows from them holds while the search goes on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from kubenas.search.journal import SearchState, TrialState
from kubenas.search.layout import trial_folder
from kubenas.trial import Outcome, Result


@dataclass(frozen=True)
class Disposition:
    """Of the attempts of one trial or task."""

    over: bool
    """No further attempt will be started."""
    lost: frozenset[int] = frozenset()
    """Attempts that have ended and decided nothing."""
    outcome: Outcome | None = None
    """None: undecided, also where it is over because its search is."""
    parent: int | None = None
    """The attempt from whose checkpoint another trial may yet go on."""


def trial_dispositions(state: SearchState) -> dict[str, Disposition]:
    """The disposition of each trial of a search, by its folder."""
    # Who trains a trial further chooses from those that have completed, and says for how long.
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
    """The disposition of a task with these attempts, of which ``deciding`` counts.

    While none does, one that was given up may yet leave the result that will: none is lost.
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
