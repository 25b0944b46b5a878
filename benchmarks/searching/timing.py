"""Measures the time of a proposal after many ended trials."""

import json
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from searching.searchers.algorithms import ALGORITHMS
from searching.searchers.peers import UnseenPoints
from searching.searchers.searcher import Proposal, Remembering, Searcher
from searching.simulation import Conditions
from searching.tables.catalogue import load_table
from searching.tables.table import Scores, Table

FILE = "timing.jsonl"
ENDED = (100, 300, 1_000, 10_000)
TABLES = ("nasbench201-cifar10", "layer-lists")
UNTIMED = (
    "random",
    "evolution",
    "local search",
    "REINFORCE",
    "AutoKeras greedy",
    "Keras-Tuner hyperband",
    "Optuna NSGA-II",
)
"""Algorithms whose proposals take almost no time."""
INTRODUCTION = (
    "Median CPU seconds of a proposal, and in parentheses median wall seconds, which depend on the"
    " load of the machine. Columns are numbers of ended trials, which are random points; 16 more"
    " are in flight. Each proposal gets its score before the next one.\n"
)
_PROPOSALS, _IN_FLIGHT = 12, 16
_SLOW_LIMIT = 300
"""Maximum ended trials for slow algorithms, which take seconds per proposal."""


def time_all(algorithms: Iterable[str], tables: Path, results: Path) -> None:
    """Times ``algorithms``, stores the results and prints them."""
    results.mkdir(parents=True, exist_ok=True)
    file = results / FILE
    lines = file.read_text().splitlines() if file.exists() else []
    known = {(r["table"], r["algorithm"]): r for r in map(json.loads, lines)}
    for table in TABLES:
        for name in algorithms:
            if name not in UNTIMED and ALGORITHMS[name].suits(load_table(table, tables)):
                row = {"table": table, "algorithm": name, **_row(name, load_table(table, tables))}
                known[table, name] = row
                print(json.dumps(row), flush=True)
                file.write_text("".join(json.dumps(r) + "\n" for r in known.values()))
    print(as_table(list(known.values())))


def as_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns the timings as a Markdown table."""
    lines = [f"| | | {' | '.join(f'{count:,}' for count in ENDED)} |"]
    lines.append("| --- | --- " + "| ---: " * len(ENDED) + "|")
    for row in rows:
        cells = [_cell(row["seconds"].get(str(count))) for count in ENDED]
        lines.append(f"| {row['table']} | {row['algorithm']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(measured: Sequence[float] | None) -> str:
    return f"{measured[0]:.3f} ({measured[1]:.3f})" if measured else ""


def _row(name: str, table: Table) -> dict[str, Any]:
    counts = [count for count in ENDED if not ALGORITHMS[name].slow or count <= _SLOW_LIMIT]
    return {"seconds": {str(count): _seconds(name, table, count) for count in counts}}


def _seconds(name: str, table: Table, ended: int) -> tuple[float, float]:
    conditions = Conditions(table.name, _IN_FLIGHT, budget=ended + 10 * _PROPOSALS)
    searcher = cast("Remembering", ALGORITHMS[name].make(table, conditions, 0))
    history = _history(table, ended + _IN_FLIGHT)
    searcher.remember(history[:ended], history[ended:])
    spent = [_one(searcher, table) for _ in range(_PROPOSALS)]
    processor, clock = zip(*spent, strict=True)
    return round(statistics.median(processor), 4), round(statistics.median(clock), 4)


def _one(searcher: Searcher, table: Table) -> tuple[float, float]:
    """Returns CPU seconds of this thread and wall seconds of the next proposal."""
    begun = time.thread_time(), time.perf_counter()
    proposal = searcher.ask()
    spent = time.thread_time() - begun[0], time.perf_counter() - begun[1]
    if proposal is None:
        raise SystemExit(f"{table.name}: the algorithm made no proposal")
    searcher.tell(proposal, table.truth(proposal.values))
    return spent


def _history(table: Table, count: int) -> list[tuple[Proposal, Scores]]:
    unseen = UnseenPoints(table.space, np.random.default_rng(0))
    proposals = (unseen.draw() for _ in range(count))
    return [(proposal, table.truth(proposal.values)) for proposal in proposals if proposal]
