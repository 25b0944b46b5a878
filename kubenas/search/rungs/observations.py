"""What an oracle is told of a search with rungs: one score a network, all on one scale.

The oracle learns from the highest rung with enough scores. A network that was left behind below it
is told with what it would score there, going by those that have scores on both rungs. A network on
its way up is told as still in flight. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kubenas.search.journal import Ended, OracleEvent, Proposed
from kubenas.search.milestones import milestone
from kubenas.search.rungs.scale import RungScale
from kubenas.trial import Outcome

MIN_SCORES = 4
"""On a rung, before the oracle learns from it. Trials below it still count, so a few are enough."""


@dataclass
class _Network:
    """One network on its way up."""

    rung: int = 0
    """That it was last put on."""
    ends: dict[int, Ended] = field(default_factory=dict)
    """By rung."""
    arrivals: dict[int, int] = field(default_factory=dict)
    """By rung the place of its end among all records."""

    def score(self, rung: int) -> float | None:
        """On ``rung``; None: it has none there."""
        end = self.ends.get(rung)
        return end.score if end and end.outcome == Outcome.COMPLETED else None

    def both(self, lower: int, higher: int) -> tuple[float, float] | None:
        """Its scores on two rungs; None: it has not both."""
        below, above = self.score(lower), self.score(higher)
        return None if below is None or above is None else (below, above)


def merge_promotions(
    records: Sequence[OracleEvent], rungs: Sequence[int], direction: Literal["max", "min"]
) -> list[OracleEvent]:
    """``records`` as if each network were one trial; promotions are left out.

    So are draws for comparison, which are trained at full length whatever comes of them.

    Args:
        records: proposals and ends, in the journal's order.
        rungs: epochs of each rung, ascending.
        direction: of the score.
    """
    aside = {r.trial for r in records if isinstance(r, Proposed) and r.origin == "baseline"}
    records = [record for record in records if record.trial not in aside]
    roots, networks = _networks(records, rungs)
    learnt = _learning_rung(networks.values(), len(rungs))
    imputed = _imputed(networks, learnt, 1 if direction == "max" else -1)
    told: list[OracleEvent] = []
    for record in records:
        if roots[record.trial] != record.trial:
            continue
        if isinstance(record, Proposed):
            told.append(record)
        elif (end := _network_end(record, networks[record.trial], imputed, learnt)) is not None:
            told.append(end)
    return told


def _networks(
    records: Iterable[OracleEvent], rungs: Sequence[int]
) -> tuple[dict[int, int], dict[int, _Network]]:
    """The first trial of each trial's network, and the networks by their first trials."""
    roots: dict[int, int] = {}
    networks: dict[int, _Network] = {}
    places: dict[int, int] = {}
    for number, record in enumerate(records):
        if isinstance(record, Proposed):
            root = record.trial if record.parent is None else roots[record.parent]
            roots[record.trial] = root
            places[record.trial] = rungs.index(record.epochs) if record.epochs in rungs else 0
            networks.setdefault(root, _Network()).rung = places[record.trial]
        else:
            network, rung = networks[roots[record.trial]], places[record.trial]
            network.ends[rung], network.arrivals[rung] = record, number
    return roots, networks


def _learning_rung(networks: Iterable[_Network], rungs: int) -> int:
    """The highest rung with enough scores; the lowest if none has."""
    counts = [0] * rungs
    for network in networks:
        for rung in network.ends:
            counts[rung] += network.score(rung) is not None
    return max((rung for rung in range(rungs) if counts[rung] >= MIN_SCORES), default=0)


def _imputed(networks: dict[int, _Network], learnt: int, sign: int) -> dict[int, float]:
    """What networks that were left behind would score on the learnt rung, at most its best.

    By the first so many that got there, a milestone, so that what was told seldom changes.
    """
    there = [network for network in networks.values() if network.score(learnt) is not None]
    there.sort(key=lambda network: network.arrivals[learnt])
    there = there[: milestone(len(there), apart=1)]
    best = max((sign * score for n in there if (score := n.score(learnt)) is not None), default=0)
    scales = [
        RungScale.of([pair for network in there if (pair := network.both(rung, learnt))])
        for rung in range(learnt)
    ]
    return {
        root: sign * min(sign * scales[network.rung](score), best)
        for root, network in networks.items()
        if network.rung < learnt and (score := network.score(network.rung)) is not None
    }


def _network_end(
    first: Ended, network: _Network, imputed: dict[int, float], learnt: int
) -> Ended | None:
    """The end of a network whose first trial ended with ``first``; None: it is on its way."""
    if first.outcome != Outcome.COMPLETED:
        return first
    if network.score(learnt) is not None:
        return _as_first(network.ends[learnt], first)
    last = network.ends.get(network.rung)
    if last is None:
        return None
    told = _as_first(last, first)
    if last.outcome != Outcome.COMPLETED:
        return told
    return told.model_copy(update={"score": imputed[first.trial]})


def _as_first(end: Ended, first: Ended) -> Ended:
    """``end`` of a later trial of the network as that of its first one."""
    as_first = {"trial": first.trial, "at": first.at, "declared": first.declared}
    return end.model_copy(update=as_first)
