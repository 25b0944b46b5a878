"""Regret, hits, dominated volume and paired intervals of runs with known results."""

import math

import numpy as np
import pytest

from searching.hypervolume import dominated, scaled
from searching.metrics import queries_to_near, ratio, regret, volume
from searching.simulation import Ending, Run
from searching.tables.table import Front, Goal, Objective

UP, DOWN = Objective("accuracy", "max"), Objective("loss", "min")
GOAL = Goal(best=10.0, typical=4.0, near=9.5)


def run(*endings):
    return Run(
        tuple(Ending(float(i), cost, seen, truth) for i, (cost, seen, truth) in enumerate(endings)),
        (),
    )


def full(*truths):
    return run(*((1.0, (truth,), (truth,)) for truth in truths))


def test_regret_follows_the_best_so_far():
    assert regret(full(5.0, 9.0, 7.0), GOAL, UP, 4).tolist() == [5.0, 1.0, 1.0, 1.0]


def test_regret_of_a_loss_counts_downwards():
    goal = Goal(best=1.0, typical=5.0, near=1.5)
    assert regret(full(3.0, 4.0, 1.0), goal, DOWN, 3).tolist() == [2.0, 2.0, 0.0]


def test_regret_is_capped_at_the_typical_point():
    assert regret(full(-1000.0, 9.0), GOAL, UP, 2).tolist() == [6.0, 1.0]


def test_what_looks_best_is_chosen_and_judged_by_its_mean():
    noisy = run((1.0, (7.0,), (8.0,)), (1.0, (9.0,), (6.0,)))
    assert regret(noisy, GOAL, UP, 2).tolist() == [2.0, 4.0]


def test_short_trainings_cost_their_share_and_are_never_chosen():
    mixed = run((0.5, (9.9,), None), (1.0, (8.0,), (8.0,)), (0.5, (1.0,), None))
    assert regret(mixed, GOAL, UP, 3).tolist() == [6.0, 2.0, 2.0]


def test_an_infeasible_point_costs_and_scores_nothing():
    assert regret(run((1.0, None, None)), GOAL, UP, 2).tolist() == [6.0, 6.0]


def test_a_hit_counts_when_its_training_has_ended():
    assert queries_to_near(full(5.0, 9.4, 9.5, 10.0), GOAL, UP) == 3
    assert queries_to_near(full(5.0, 9.4), GOAL, UP) == math.inf
    early = run((0.1, (9.9,), None), (1.0, (9.9,), (9.9,)))
    assert queries_to_near(early, GOAL, UP) == 2


@pytest.mark.parametrize(
    ("shares", "area"),
    [
        ([(1.0, 1.0)], 1.0),
        ([(0.5, 0.5)], 0.25),
        ([(1.0, 0.5), (0.5, 1.0)], 0.75),
        ([(1.0, 0.5), (0.5, 1.0), (0.4, 0.9)], 0.75),
        ([(0.5, 1.0), (0.5, 0.2), (0.5, 1.0)], 0.5),
    ],
)
def test_dominated_area(shares, area):
    assert dominated(np.array(shares)) == pytest.approx(area)


def test_volume_grows_to_the_whole_front():
    front = Front(worst=(0.0, 10.0), best=(4.0, 0.0), volume=0.75)
    two = run((1.0, (4.0, 5.0), (4.0, 5.0)), (1.0, None, None), (1.0, (2.0, 0.0), (2.0, 0.0)))
    assert volume(two, front, 4) == pytest.approx([2 / 3, 2 / 3, 1.0, 1.0])
    assert scaled(np.array([(2.0, 12.0)]), front.worst, front.best).tolist() == [[0.5, 0.0]]


def test_a_ratio_is_surer_when_seeds_agree():
    steady = ratio([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])
    assert (steady.value, steady.low, steady.high) == pytest.approx((0.5, 0.5, 0.5))
    mixed = ratio([1.0, 4.0, 3.0, 2.0], [4.0, 1.0, 2.0, 3.0])
    assert mixed.value == pytest.approx(1.0)
    assert mixed.low < 0.8
    assert mixed.high > 1.2
