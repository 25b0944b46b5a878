"""The catalogue of tables."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from searching.tables import hpolib, layer_lists, nasbench201, nasbench_macro
from searching.tables.space import Values
from searching.tables.table import Goal, Table

_SAMPLE = 4000

TABLES: dict[str, Callable[[Path], Table]] = {
    **{
        f"nasbench201-{data_set}": partial(nasbench201.accuracy, data_set=data_set)
        for data_set in nasbench201.DATA_SETS
    },
    **{
        f"nasbench201-{data_set}-curves": partial(nasbench201.curves, data_set=data_set)
        for data_set in nasbench201.DATA_SETS
    },
    "nasbench-macro": nasbench_macro.macro,
    "hpolib-protein": hpolib.protein,
    "layer-lists": lambda _: layer_lists.layer_lists(),
    **{
        f"latency-{device}": partial(nasbench201.accuracy_and_latency, device=device)
        for device in nasbench201.DEVICES
    },
}


@cache
def load_table(name: str, folder: Path, infeasible: float = 0.0) -> Table:
    """Loads the table with this name. Optionally makes a share of its points infeasible.

    Raises:
        TableNotFound: its file is not in ``folder``.
    """
    table = TABLES[name](folder)
    return limited(table, infeasible) if infeasible else table


def limited(table: Table, share: float) -> Table:
    """Returns ``table`` with the ``share`` of points that train longest made infeasible.

    The limit is estimated from a sample. In an unconditional space, the goal is adapted to the
    feasible points.
    """
    rng = np.random.default_rng(0)
    points = [table.space.draw(rng) for _ in range(_SAMPLE)]
    limit = float(np.quantile([table.seconds(point) for point in points], 1 - share))

    def feasible(values: Values) -> bool:
        return table.seconds(values) <= limit

    goal = table.goal
    if isinstance(goal, Goal) and not any(d.parent for d in table.space.decisions):
        goal = _reachable(table, goal, feasible)
    return replace(table, feasible=feasible, goal=goal)


def _reachable(table: Table, goal: Goal, feasible: Callable[[Values], bool]) -> Goal:
    sign = table.objectives[0].sign
    best = max(sign * table.truth(values)[0] for values in table.space.every() if feasible(values))
    return replace(goal, best=sign * best, near=sign * best + goal.near - goal.best)
