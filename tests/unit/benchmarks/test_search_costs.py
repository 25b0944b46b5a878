"""Costs until a network of some quality, and tables with learning curves."""

import math

from searching.costs import cost_to
from searching.simulation import Ending, Run
from searching.tables.table import Goal, Objective

GOAL = Goal(best=90.0, typical=50.0, near=89.9)


def test_only_full_trainings_count_and_all_costs_add_up():
    short = Ending(1.0, 0.25, (90.0,), None)
    good = Ending(2.0, 0.75, (89.6,), (89.6,))
    best = Ending(3.0, 1.0, (90.0,), (90.0,))
    run = Run((short, good, best), (0.0,) * 3)
    up = Objective("val_accuracy")
    assert cost_to(run, GOAL, up, 0.5) == 1.0
    assert cost_to(run, GOAL, up, 0.1) == 2.0
    assert math.isinf(cost_to(Run((short,), (0.0,)), GOAL, up, 0.5))
