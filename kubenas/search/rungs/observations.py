"""Observations of an oracle in a search with rungs: one score per network, all on one scale.

The oracle learns from the highest rung with enough scores, the learning rung. A network that ended
on a lower rung is reported with an imputed score and its standard deviation, estimated from the
networks with scores on both rungs. A network that was promoted and has not ended is reported as in
flight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kubenas.search.journal import Ended, OracleEvent, Proposed
from kubenas.search.milestones import milestone
from kubenas.search.proposals import EstimatedEnd
from kubenas.search.rungs.scale import RungScale
from kubenas.trial import Outcome

MIN_SCORES = 4
"""Scores on a rung before the oracle learns from it. Lower rungs still count, so few suffice."""


@dataclass(frozen=True)
class _Estimate:
    """An estimated score on the learning rung, and its standard deviation."""

    score: float
    deviation: float


@dataclass
class _Network:
    """One network and its trials on all rungs."""

    rung: int = 0
    """The highest rung that it was promoted to."""
    ends: dict[int, Ended] = field(default_factory=dict)
    """Ends of its trials by rung."""
    arrivals: dict[int, int] = field(default_factory=dict)
    """Positions of these ends among all records, by rung."""

    def score(self, rung: int) -> float | None:
        """Returns its score on ``rung``; None if it has none."""
        end = self.ends.get(rung)
        return end.score if end and end.outcome == Outcome.COMPLETED else None

    def both(self, lower: int, higher: int) -> tuple[float, float] | None:
        """Returns its scores on two rungs; None if one is missing."""
        below, above = self.score(lower), self.score(higher)
        return None if below is None or above is None else (below, above)


MergedEnds = dict[int, tuple[Ended, "_Estimate | None", Ended]]
"""By network: the end that was merged, its estimate, and the result."""


def merge_promotions(
    records: Sequence[OracleEvent],
    rungs: Sequence[int],
    direction: Literal["max", "min"],
    *,
    known: MergedEnds | None = None,
) -> list[OracleEvent]:
    """Merges the trials of each network into one; omits promotions and the random baseline.

    Trials of the random baseline are trained at full length regardless of their scores.

    Args:
        records: proposals and ends, in the journal's order.
        rungs: epochs of each rung, ascending.
        direction: direction of the score.
        known: results of earlier calls, to return the same objects for what has not changed.
            Updated. It saves time: copies and comparisons of a thousand records are slow.
    """
    known = {} if known is None else known
    baseline = {r.trial for r in records if isinstance(r, Proposed) and r.origin == "baseline"}
    records = [record for record in records if record.trial not in baseline]
    first_trials, networks = _networks(records, rungs)
    learning = _learning_rung(networks.values(), len(rungs))
    imputed = _imputed(networks, learning, 1 if direction == "max" else -1)
    observations: list[OracleEvent] = []
    for record in records:
        if first_trials[record.trial] != record.trial:
            continue
        if isinstance(record, Proposed):
            observations.append(record)
        elif (end := _network_end(record, networks[record.trial], learning)) is not None:
            observations.append(_merged(record, end, imputed.get(record.trial), known))
    return observations


def _networks(
    records: Iterable[OracleEvent], rungs: Sequence[int]
) -> tuple[dict[int, int], dict[int, _Network]]:
    """Returns the first trial of each trial's network, and the networks by their first trial."""
    first_trials: dict[int, int] = {}
    networks: dict[int, _Network] = {}
    trial_rungs: dict[int, int] = {}
    for number, record in enumerate(records):
        if isinstance(record, Proposed):
            root = record.trial if record.parent is None else first_trials[record.parent]
            first_trials[record.trial] = root
            trial_rungs[record.trial] = rungs.index(record.epochs) if record.epochs in rungs else 0
            networks.setdefault(root, _Network()).rung = trial_rungs[record.trial]
        else:
            network, rung = networks[first_trials[record.trial]], trial_rungs[record.trial]
            network.ends[rung], network.arrivals[rung] = record, number
    return first_trials, networks


def _learning_rung(networks: Iterable[_Network], rungs: int) -> int:
    """Returns the highest rung with enough scores, or else the lowest rung."""
    counts = [0] * rungs
    for network in networks:
        for rung in network.ends:
            counts[rung] += network.score(rung) is not None
    return max((rung for rung in range(rungs) if counts[rung] >= MIN_SCORES), default=0)


def _imputed(networks: dict[int, _Network], learning: int, sign: int) -> dict[int, _Estimate]:
    """Imputes scores on the learning rung for networks that ended below, at most its best score.

    Uses the networks that arrived there first, up to a milestone, so imputed scores change rarely.
    """
    scored = [network for network in networks.values() if network.score(learning) is not None]
    scored.sort(key=lambda network: network.arrivals[learning])
    scored = scored[: milestone(len(scored), apart=1)]
    best = max(
        (sign * score for n in scored if (score := n.score(learning)) is not None),
        default=0,
    )
    scales = [
        RungScale.of([pair for network in scored if (pair := network.both(rung, learning))])
        for rung in range(learning)
    ]
    return {
        root: _Estimate(
            sign * min(sign * scales[network.rung](score), best), scales[network.rung].deviation
        )
        for root, network in networks.items()
        if network.rung < learning and (score := network.score(network.rung)) is not None
    }


def _network_end(first: Ended, network: _Network, learning: int) -> Ended | None:
    """Returns the end that counts for a network whose first trial ended with ``first``.

    None: the network is in flight.
    """
    if first.outcome != Outcome.COMPLETED:
        return first
    if network.score(learning) is not None:
        return network.ends[learning]
    return network.ends.get(network.rung)


def _merged(first: Ended, end: Ended, estimate: _Estimate | None, known: MergedEnds) -> Ended:
    """Returns ``end``, perhaps of a later trial, as the end of the network's first trial."""
    before = known.get(first.trial)
    if before is None or before[0] is not end or before[1] != estimate:
        known[first.trial] = before = (end, estimate, _as_first(first, end, estimate))
    return before[2]


def _as_first(first: Ended, end: Ended, estimate: _Estimate | None) -> Ended:
    as_first = {"trial": first.trial, "at": first.at, "declared": first.declared}
    if estimate is None:
        return end.model_copy(update=as_first)
    fields = {**dict(end), **as_first, "score": estimate.score}
    return EstimatedEnd.model_construct(**fields, deviation=estimate.deviation)
