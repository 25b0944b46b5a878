"""Prints the results, or writes them as a document with plots."""

import itertools
import json
from collections.abc import Sequence
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path

from searching import report, timing
from searching.comparison import Comparison, compare
from searching.costs import HEAD, costs
from searching.results import Results
from searching.simulation import Conditions
from searching.tables.catalogue import load_table
from searching.tables.curves import draw_curves
from searching.tables.table import Front

DOCUMENT = "SEARCH_BENCHMARKS.md"
_PLOTTED = (
    "kubenas auto+graph",
    "kubenas auto",
    "Optuna TPE",
    "Keras-Tuner bayesian",
    "evolution",
    "local search",
    "REINFORCE",
    "random",
)
_ORDER = attrgetter("table", "infeasible", "noisy", "even", "in_flight")
_INTRODUCTION = """# Search benchmarks

These benchmarks count the trainings that a search needs, on published tables with the scores of all
networks. `benchmarks/search.py` printed all figures. Peers ran in the same program under the same
conditions: Optuna {optuna} (TPE and NSGA-II with their
defaults), Keras-Tuner {keras_tuner} (its oracles as they are), and regularised evolution, local
search, REINFORCE, AutoKeras' greedy search and random search, implemented for this benchmark from
their publications.

- Trainings take the time in the table, or a time proportional to FLOPs if the table has none. *In
  flight* is the number of parallel trainings. An algorithm gets a score when the training ends.
- *Even*: all trainings take the same time. Otherwise good networks tend to be slow, and their
  scores arrive late.
- *Noisy*: a training returns one of its two to four known runs at random. Otherwise it returns
  their mean. Regret is always computed from the mean of the chosen network's runs.
- A budget of {budget} full trainings. A training of 12 of 200 epochs counts as 12/200, its
  continuation as 188/200 (Hyperband, *+rungs*).
- Figures are *area under regret · median trainings until the first hit · share of seeds with a
  hit*. A hit is a point within 0.1 points of the best accuracy (0.5 on layer-lists, the best 0.1 %
  of all losses on HPOlib). The area is the mean regret over the budget. Regret is capped at the
  regret of the median point. Less is better.
- Repeated proposals count as trainings. *Seeds* is the number of searches. Keras-Tuner's bayesian
  takes seconds per proposal and gets fewer. Intervals are 95 % intervals by paired bootstrap.
- *+graph*: the space provides graphs of its networks.
- *+rungs*: networks are trained for 12 epochs, and at least one in four of them is promoted to all
  epochs (*-eta3*: one in three). *-curves*: tables with synthetic learning curves of 100 epochs
  through the published scores, noisy before the last epoch; the rungs are 4, 11, 33 and 100 epochs
  (eta 3), or 6, 25 and 100.

```
.venv/bin/python benchmarks/search.py --tables FOLDER --results search-runs
.venv/bin/python benchmarks/search.py --tables FOLDER --results search-runs --in-flight 16 --noisy
.venv/bin/python benchmarks/search.py --tables FOLDER --results search-runs --timing
.venv/bin/python benchmarks/search.py --tables FOLDER --results search-runs --write docs
```

An interrupted benchmark resumes when it is started again.
"""


def print_all(results: Results, tables: Path, conditions: Sequence[Conditions]) -> None:
    """Prints the results for ``conditions``."""
    comparisons = _comparisons(results, tables, conditions)
    print("\n".join(_sections(comparisons, None)))
    for comparison in comparisons:
        if comparison.table.has_curves:
            print(f"Costs on {comparison.table.name}, {report.setting(comparison)} in flight:\n")
            print(report.as_table(HEAD, costs(results, comparison.conditions, comparison.table)))


def write_all(results: Results, tables: Path, docs: Path) -> None:
    """Writes all ``results`` into ``docs``: the document and a plot per table."""
    comparisons = _comparisons(results, tables, results.conditions())
    if not comparisons:
        raise SystemExit("no finished runs; run the benchmark without --write first")
    budget = max(comparison.conditions.budget for comparison in comparisons)
    head = _INTRODUCTION.format(
        optuna=version("optuna"), keras_tuner=version("keras-tuner"), budget=budget
    )
    states = report.versions(
        comparisons, lambda comparison, name: results.version(comparison.conditions, name)
    )
    known = ", ".join(states) or "not in these results"
    head += f"\nState of our algorithms: {known}.\n"
    text = "\n".join([head, *_sections(comparisons, docs), *_timing(results)])
    (docs / DOCUMENT).write_text(text)
    print(f"wrote {docs / DOCUMENT}")


def _comparisons(
    results: Results, tables: Path, conditions: Sequence[Conditions]
) -> list[Comparison]:
    ordered = sorted(conditions, key=_ORDER)
    found = [compare(results, c, load_table(c.table, tables, c.infeasible)) for c in ordered]
    return [comparison for comparison in found if comparison.summaries]


def _sections(comparisons: Sequence[Comparison], docs: Path | None) -> list[str]:
    single = [c for c in comparisons if not isinstance(c.table.goal, Front)]
    several = [c for c in comparisons if isinstance(c.table.goal, Front)]
    parts = []
    if ours := report.summary(single):
        parts += ["## Our default against the best peer\n", _RATIO, ours]
    for name, group in itertools.groupby(single, key=lambda c: c.table.name):
        parts += _one_table(name, list(group), docs)
    if several:
        parts += ["## Accuracy and latency\n", _VOLUMES]
    for setting, same in itertools.groupby(sorted(several, key=report.setting), key=report.setting):
        parts += [f"In flight: {setting}.\n", report.volumes(list(same))]
    return parts


_RATIO = (
    "Ratio of the area under regret to that of the best peer under the same conditions, with its"
    " interval. Below 1: better than every peer.\n"
)
_VOLUMES = (
    "NAS-Bench-201's CIFAR-10 accuracy against latency on a device. Figures are the dominated"
    " share of the true front's volume after the whole budget. The reference point is the worst"
    " accuracy and latency of the table. More is better.\n"
)


def _one_table(name: str, group: list[Comparison], docs: Path | None) -> list[str]:
    parts = [f"## {name}\n", report.describe_goal(group[0].table) + ".\n", report.one_table(group)]
    if name == "layer-lists":
        for comparison in group:
            words = f"True score of the chosen network, {report.setting(comparison)} in flight:\n"
            parts += [words, report.chosen(comparison)]
    shown = next((c for c in group if report.setting(c) == "16"), group[0])
    if docs is not None:
        file = f"search-{name}.svg"
        (docs / file).write_text(draw_curves(shown, _PLOTTED))
        parts.append(f"![Mean regret on {name}]({file})\n")
    return parts


def _timing(results: Results) -> list[str]:
    file = results.folder / timing.FILE
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return ["## Seconds per proposal\n", timing.INTRODUCTION, timing.as_table(rows)]
