"""Markdown tables of the results."""

import math
from collections.abc import Callable, Iterable, Sequence

from searching.comparison import AlgorithmSummary, Comparison
from searching.metrics import Interval
from searching.searchers.algorithms import ALGORITHMS
from searching.tables.table import Front, Goal, Table

CHOSEN_AT = (60, 100, 200)


def summary(comparisons: Sequence[Comparison]) -> str:
    """Compares our default with the best peer. One row per set of conditions."""
    names = [f"kubenas auto{more}" for more in ("", "+graph", "+rungs", "+rungs+graph")]
    rows = [
        [
            comparison.table.name,
            setting(comparison),
            comparison.best_peer.algorithm if comparison.best_peer else "",
            *(_interval(comparison.to_best_peer(name)) for name in names),
        ]
        for comparison in comparisons
        if isinstance(comparison.table.goal, Goal) and set(names) & set(comparison.summaries)
    ]
    return as_table(["", "in flight", "best peer", *names], rows) if rows else ""


def one_table(comparisons: Sequence[Comparison]) -> str:
    """Shows area under regret, median and hits for all conditions of a table."""
    by_setting = {setting(comparison): comparison for comparison in comparisons}
    first = comparisons[0]
    names = sorted(_names(comparisons), key=_rank(comparisons))
    rows = []
    for name in names:
        found = [comparison.summaries.get(name) for comparison in comparisons]
        seeds = [len(summary.seeds) for summary in found if summary]
        cells = [_figures(summary, first.conditions.budget) for summary in found]
        rows.append([name, _range(seeds), *cells])
    return as_table(["", "seeds", *by_setting], rows)


def chosen(comparison: Comparison) -> str:
    """Shows the mean regret of the chosen network after some trainings."""
    goal, sign = comparison.table.goal, comparison.table.objectives[0].sign
    assert isinstance(goal, Goal)
    points = [count for count in CHOSEN_AT if count <= comparison.conditions.budget]
    rows = [
        [
            summary.algorithm,
            str(len(summary.seeds)),
            *(_short(goal.best - sign * summary.curves[:, n - 1].mean()) for n in points),
        ]
        for summary in sorted(comparison.summaries.values(), key=lambda s: s.area)
    ]
    return as_table(["", "seeds", *(f"after {count}" for count in points)], rows)


def volumes(comparisons: Sequence[Comparison]) -> str:
    """Shows the final dominated volume for several objectives. One column per table."""
    by_table = {comparison.table.name: comparison for comparison in comparisons}
    names = sorted(
        _names(comparisons),
        key=lambda name: -sum(c.summaries[name].area for c in comparisons if name in c.summaries),
    )
    rows = []
    for name in names:
        found = [comparison.summaries.get(name) for comparison in comparisons]
        seeds = [len(summary.seeds) for summary in found if summary]
        cells = [f"{summary.area:.4f}" if summary else "" for summary in found]
        rows.append([name, _range(seeds), *cells])
    return as_table(["", "seeds", *by_table], rows)


def _names(comparisons: Sequence[Comparison]) -> list[str]:
    """Returns algorithm names in alphabetical order."""
    return sorted({name for comparison in comparisons for name in comparison.summaries})


def setting(comparison: Comparison) -> str:
    """Returns a short description of the conditions."""
    conditions = comparison.conditions
    words = str(conditions.in_flight)
    words += ", noisy" if conditions.noisy else ""
    words += ", even" if conditions.even else ""
    return words + (f", {conditions.infeasible:.0%} infeasible" if conditions.infeasible else "")


def versions(comparisons: Sequence[Comparison], of: Callable[[Comparison, str], str]) -> list[str]:
    """Returns the version digests of our algorithms. Several digests mean mixed versions."""
    ours = {
        of(comparison, name)
        for comparison in comparisons
        for name in comparison.summaries
        if ALGORITHMS[name].ours
    }
    return sorted(ours)


def describe_goal(table: Table) -> str:
    """Describes what counts as a hit."""
    goal = table.goal
    if isinstance(goal, Front):
        return f"{table.quality}; the true front dominates {goal.volume:.4f} of the range"
    return f"{table.quality}; best {_short(goal.best)}, hit from {_short(goal.near)}"


def _figures(summary: AlgorithmSummary | None, budget: int) -> str:
    if summary is None:
        return ""
    median = f"{summary.median:.0f}" if math.isfinite(summary.median) else f">{budget}"
    return f"{_short(summary.area)} · {median} · {summary.hits:.0%}"


def _rank(comparisons: Sequence[Comparison]) -> Callable[[str], float]:
    """Returns a function that maps a name to its mean rank over all conditions."""
    ranks: dict[str, list[int]] = {}
    for comparison in comparisons:
        ordered = sorted(comparison.summaries.values(), key=lambda summary: summary.area)
        for rank, summary in enumerate(ordered):
            ranks.setdefault(summary.algorithm, []).append(rank)
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


def as_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
