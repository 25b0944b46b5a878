"""What is settled about attempts that lie side by side: those of a trial, or of a task.

Settled facts stay true: a lost attempt stays lost, an ended trial ended, a closed search closed. So
what follows from them holds while the search goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kubenas.search.conclusion import decides
from kubenas.search.layout import trial_folder
from kubenas.search.state import SearchState, TrialState
from kubenas.trial import Outcome, Result


@dataclass(frozen=True)
class Fate:
    """Of the attempts of one trial or task."""

    over: bool
    """No further attempt will be started."""
    lost: frozenset[int] = frozenset()
    """Attempts that have ended and decided nothing."""
    outcome: Outcome | None = None
    """None: undecided, also where it is over because its search is."""
    parent: int | None = None
    """The attempt from whose checkpoint another trial may yet go on."""


def trial_fates(state: SearchState) -> dict[str, Fate]:
    """The fate of each trial of a search, by its folder."""
    # Who trains a trial further chooses from those that have completed, and says for how long.
    further = state.closed is None and any(
        trial.proposal.epochs is not None for trial in state.trials.values()
    )
    return {
        trial_folder(trial.number): _trial_fate(
            trial, closed=state.closed is not None, further=further
        )
        for trial in state.trials.values()
    }


def task_fate(results: Mapping[int, Result | None]) -> Fate:
    """The fate of a task, from the results of its attempts by number.

    An attempt is started only after the one before has ended.
    """
    deciding = [number for number, result in results.items() if result and decides(result)]
    if not deciding:
        return Fate(over=False, lost=frozenset(results) - {max(results, default=0)})
    result = results[max(deciding)]
    lost = frozenset(results) - {max(deciding)}
    return Fate(over=True, lost=lost, outcome=result.outcome if result else None)


def _trial_fate(trial: TrialState, *, closed: bool, further: bool) -> Fate:
    end = trial.end
    completed = end is not None and end.outcome == Outcome.COMPLETED
    return Fate(
        over=closed or end is not None,
        lost=frozenset(lost.attempt for lost in trial.lost),
        outcome=end.outcome if end else None,
        parent=end.attempt if end and completed and further else None,
    )
