"""The trial time of a search by outcome."""

from dataclasses import dataclass

from kubenas.reporting.tables.lost_attempts import last_seconds, non_final_lost_attempts
from kubenas.search.journal import SearchState
from kubenas.trial import Outcome


@dataclass(frozen=True)
class CostItem:
    """Trial time in seconds and number of attempts of one category."""

    label: str
    seconds: float
    attempts: int
    useful: bool


def trial_costs(state: SearchState) -> list[CostItem]:
    """Returns the trial time of all ended attempts by outcome, without empty categories."""
    items = [_ended(state, outcome) for outcome in Outcome]
    lost = [lost for trial in state.trials.values() for lost in non_final_lost_attempts(trial)]
    items.append(CostItem("lost attempts", sum(x.seconds for x in lost), len(lost), useful=False))
    return [item for item in items if item.attempts]


def _ended(state: SearchState, outcome: Outcome) -> CostItem:
    own = [trial for trial in state.ended(outcome) if trial.proposal.duplicate_of is None]
    return CostItem(
        label=f"{outcome.value} trials",
        seconds=sum(last_seconds(trial) for trial in own),
        attempts=len(own),
        useful=outcome == Outcome.COMPLETED,
    )
