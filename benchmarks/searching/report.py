"""What was measured, as Markdown."""

import math
from collections.abc import Callable, Iterable, Sequence

from searching.metrics import Interval
from searching.searchers.algorithms import ALGORITHMS
from searching.standing import Comparison, Standing
from searching.tables.table import Front, Goal, Table

CHOSEN_AT = (60, 100, 200)


def summary(comparisons: Sequence[Comparison]) -> str:
    """Where our default stands against the best peer, a line a set of conditions."""
    names = [f"kubenas auto{more}" for more in ("", "+graph", "+rungs", "+rungs+graph")]
    rows = [
        [
            comparison.table.name,
            setting(comparison),
            comparison.best_peer.algorithm if comparison.best_peer else "",
            *(_interval(comparison.to_best_peer(name)) for name in names),
        ]
        for comparison in comparisons
        if isinstance(comparison.table.goal, Goal) and set(names) & set(comparison.standings)
    ]
    return _table(["", "in flight", "best peer", *names], rows) if rows else ""


def one_table(comparisons: Sequence[Comparison]) -> str:
    """All conditions of one table: area under regret, median and hits, a line an algorithm."""
    by_setting = {setting(comparison): comparison for comparison in comparisons}
    first = comparisons[0]
    names = sorted(_names(comparisons), key=_rank(comparisons))
    rows = []
    for name in names:
        found = [comparison.standings.get(name) for comparison in comparisons]
        seeds = [len(standing.seeds) for standing in found if standing]
        cells = [_figures(standing, first.conditions.budget) for standing in found]
        rows.append([name, _range(seeds), *cells])
    return _table(["", "seeds", *by_setting], rows)


def chosen(comparison: Comparison) -> str:
    """The true score of what would be chosen after some trainings, mean over the seeds."""
    goal, sign = comparison.table.goal, comparison.table.objectives[0].sign
    assert isinstance(goal, Goal)
    points = [count for count in CHOSEN_AT if count <= comparison.conditions.budget]
    rows = [
        [
            standing.algorithm,
            str(len(standing.seeds)),
            *(_short(goal.best - sign * standing.curves[:, n - 1].mean()) for n in points),
        ]
        for standing in sorted(comparison.standings.values(), key=lambda s: s.area)
    ]
    return _table(["", "seeds", *(f"after {count}" for count in points)], rows)


def volumes(comparisons: Sequence[Comparison]) -> str:
    """Dominated volume in the end, a column a table, for several objectives."""
    by_table = {comparison.table.name: comparison for comparison in comparisons}
    names = sorted(
        _names(comparisons),
        key=lambda name: -sum(c.standings[name].area for c in comparisons if name in c.standings),
    )
    rows = []
    for name in names:
        found = [comparison.standings.get(name) for comparison in comparisons]
        seeds = [len(standing.seeds) for standing in found if standing]
        cells = [f"{standing.area:.4f}" if standing else "" for standing in found]
        rows.append([name, _range(seeds), *cells])
    return _table(["", "seeds", *by_table], rows)


def _names(comparisons: Sequence[Comparison]) -> list[str]:
    """In alphabetical order, in which those of equal rank stay."""
    return sorted({name for comparison in comparisons for name in comparison.standings})


def setting(comparison: Comparison) -> str:
    """The conditions in few words."""
    conditions = comparison.conditions
    words = str(conditions.in_flight)
    words += ", noisy" if conditions.noisy else ""
    words += ", even" if conditions.even else ""
    return words + (f", {conditions.infeasible:.0%} infeasible" if conditions.infeasible else "")


def versions(comparisons: Sequence[Comparison], of: Callable[[Comparison, str], str]) -> list[str]:
    """The digests of our algorithms that the figures belong to; more than one mixes states."""
    ours = {
        of(comparison, name)
        for comparison in comparisons
        for name in comparison.standings
        if ALGORITHMS[name].ours
    }
    return sorted(ours)


def near_words(table: Table) -> str:
    """What counts as found."""
    goal = table.goal
    if isinstance(goal, Front):
        return f"{table.quality}; the true front dominates {goal.volume:.4f} of the range"
    return f"{table.quality}; best {_short(goal.best)}, hit from {_short(goal.near)}"


def _figures(standing: Standing | None, budget: int) -> str:
    if standing is None:
        return ""
    median = f"{standing.median:.0f}" if math.isfinite(standing.median) else f">{budget}"
    return f"{_short(standing.area)} · {median} · {standing.hits:.0%}"


def _rank(comparisons: Sequence[Comparison]) -> Callable[[str], float]:
    """By the mean of the ranks under all conditions."""
    ranks: dict[str, list[int]] = {}
    for comparison in comparisons:
        ordered = sorted(comparison.standings.values(), key=lambda standing: standing.area)
        for rank, standing in enumerate(ordered):
            ranks.setdefault(standing.algorithm, []).append(rank)
    return lambda name: sum(ranks[name]) / len(ranks[name])


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _range(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def _short(value: float) -> str:
    return f"{value:.4g}" if abs(value) < 1 else f"{value:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
