"""What the search cost, and what for."""

from dataclasses import dataclass

from kubenas.reporting.tables.lost_attempts import last_seconds, non_final_lost_attempts
from kubenas.search.journal import SearchState
from kubenas.trial import Outcome


@dataclass(frozen=True)
class Item:
    """Seconds of trial processes, and how many attempts they were spent on."""

    label: str
    seconds: float
    attempts: int
    useful: bool


def trial_costs(state: SearchState) -> list[Item]:
    """Seconds of all ended attempts by what came of them, without the empty ones."""
    items = [_ended(state, outcome) for outcome in Outcome]
    lost = [lost for trial in state.trials.values() for lost in non_final_lost_attempts(trial)]
    items.append(
        Item("lost to failures and restarts", sum(x.seconds for x in lost), len(lost), useful=False)
    )
    return [item for item in items if item.attempts]


def _ended(state: SearchState, outcome: Outcome) -> Item:
    own = [trial for trial in state.ended(outcome) if trial.proposal.duplicate_of is None]
    return Item(
        label=f"{outcome.value} trials",
        seconds=sum(last_seconds(trial) for trial in own),
        attempts=len(own),
        useful=outcome == Outcome.COMPLETED,
    )
