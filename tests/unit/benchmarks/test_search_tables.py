"""Spaces and tables: conditions, graphs of cells, synthetic layer lists, order of rows."""

import itertools

import numpy as np
import pytest

from searching.searchers.greedy import tree
from searching.tables import arrays, cells
from searching.tables.layer_lists import layer_lists
from searching.tables.space import Decision, Space

CONDITIONAL = Space(
    [
        Decision("kind", ("conv", "none")),
        Decision("kernel", (1, 3), ordered=True, parent="kind", when=("conv",)),
        Decision("wide", ("yes", "no"), parent="kernel", when=(3,)),
    ]
)


def test_decisions_exist_only_under_their_parents():
    everything = {"kind": "none", "kernel": 3, "wide": "yes"}
    assert CONDITIONAL.active(everything) == {"kind": "none"}
    assert CONDITIONAL.active({**everything, "kind": "conv"}).keys() == everything.keys()


def test_keras_tuner_gets_the_same_conditions():
    space = CONDITIONAL.hyperparameters()
    for kind, kernel in itertools.product(("conv", "none"), (1, 3)):
        values = {"kind": kind, "kernel": kernel, "wide": "no"}
        space.values = values
        active = {hp.name for hp in space.space if space.is_active(hp)}
        assert active == CONDITIONAL.active(values).keys()


def test_neighbours_and_mutations_differ_in_one_decision_and_are_whole():
    rng = np.random.default_rng(0)
    values = {"kind": "conv", "kernel": 1}
    around = list(CONDITIONAL.neighbours(values, rng))
    assert {"kind": "none"} in around
    assert any(near.get("kernel") == 3 and near["wide"] in {"yes", "no"} for near in around)
    assert len(around) == 2
    for _ in range(20):
        mutated = CONDITIONAL.mutated(values, rng)
        assert mutated != values
        assert CONDITIONAL.active(mutated) == mutated


def cell(*operations):
    words = {"0": "none", "1": "skip_connect", "3": "nor_conv_3x3", "4": "avg_pool_3x3"}
    named = zip(cells.EDGES, operations, strict=True)
    return {cells.name(edge): words[operation] for edge, operation in named}


def test_a_cell_without_a_path_computes_nothing():
    assert cells.live_graph(cell(*"333000")) == (("input", "output"), ())


def test_skips_are_resolved_and_dead_operations_left_out():
    # 0->1 and 1->3 in a row; 0->2 leads nowhere.
    assert cells.live_graph(cell(*"340010")) == (
        ("input", "nor_conv_3x3", "output"),
        ((0, 1), (1, 2)),
    )


def test_cells_that_compute_the_same_are_the_same_graph():
    through_one, through_two = cell(*"300010"), cell(*"030001")
    direct = cell(*"000300")
    graphs = {cells.live_graph(values) for values in (through_one, through_two, direct)}
    assert len(graphs) == 1


def test_an_output_that_is_used_twice_is_one_operation():
    labels, edges = cells.live_graph(cell(*"301011"))
    assert labels == ("input", "nor_conv_3x3", "output")
    assert edges == ((0, 1), (1, 2), (1, 2))


def test_rows_are_found_by_the_options_digits():
    decisions = (Decision("a", ("x", "y")), Decision("b", (1, 2, 3)))
    shuffled = ["12", "00", "01", "11", "02", "10"]
    rows, number = arrays.places(decisions, shuffled), arrays.numbering(decisions)
    for a, b in itertools.product(range(2), range(3)):
        values = {"a": decisions[0].options[a], "b": decisions[1].options[b]}
        assert shuffled[rows[number(values)]] == f"{a}{b}"


@pytest.fixture(scope="module")
def lists():
    return layer_lists()


def test_no_list_of_layers_beats_the_known_best(lists):
    rng = np.random.default_rng(1)
    found = lists.space.draw(rng)
    for _ in range(400):  # a climb comes near, so that a best too low would show
        around = [found, *lists.space.neighbours(found, rng)]
        better = max(around, key=lambda values: lists.truth(values)[0])
        if better == found:
            break
        found = better
    assert lists.goal.typical < lists.truth(found)[0] <= lists.goal.best + 1e-9


def test_a_list_of_layers_always_scores_the_same(lists):
    values = lists.space.draw(np.random.default_rng(2))
    assert lists.runs(values) == lists.runs(dict(reversed(values.items())))
    assert lists.truth(values)[0] == pytest.approx(np.mean(lists.runs(values)))


def test_greedy_knows_the_parts_of_a_point():
    parts = tree({"length": 1, "layer_0/kind": "conv", "layer_0/conv/kernel": 3})
    assert parts["layer_0"] == {"layer_0/kind", "layer_0/conv/kernel"}
    assert len(parts[""]) == 3
