"""The graph of a network of ``cell``: equal exactly where the networks are."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.spaces.cell.darts import cell as darts
from kubenas.spaces.cell.graph import CellGraph
from kubenas.spaces.cell.nasbench201 import cell as nasbench201
from kubenas.spaces.cell.network import build_body, network_of
from kubenas.spaces.options import CellOptions
from tests.unit.spaces.cell.isomorphism import are_isomorphic

SHAPE = (9, 20, 2)
NODES = 2
KINDS = {"nasbench201": CellOptions(), "darts": CellOptions(kind="darts", nodes=NODES)}
CHOICES: dict[str, dict[str, Any]] = {
    "nasbench201": {nasbench201.edge_name(e): nasbench201.OPERATIONS for e in nasbench201.EDGES},
    "darts": {
        f"{cell}/node_{node}/{name}": choices
        for cell in darts.CELLS
        for node in range(2, 2 + NODES)
        for name, choices in (
            ("inputs", darts.input_pairs(node)),
            ("operation_1", darts.OPERATIONS),
            ("operation_2", darts.OPERATIONS),
        )
    },
}
"""Choices for each hyperparameter."""


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40)
@given(data=st.data())
def test_one_changed_value_changes_the_graph_where_it_changes_the_network(
    kind: str, data: st.DataObject
) -> None:
    options, choices = KINDS[kind], CHOICES[kind] | {"dropout": [0.0, 0.1]}
    graph = CellGraph(input_shape=SHAPE, num_classes=3, options=options)
    before = {name: data.draw(st.sampled_from(choices[name])) for name in choices}
    changed = data.draw(st.sampled_from(list(choices)))
    after = before | {changed: data.draw(st.sampled_from(choices[changed]))}
    bodies = [build_body(network_of(values, options), SHAPE) for values in (before, after)]
    same = are_isomorphic(*bodies) and before["dropout"] == after["dropout"]
    assert (graph(before).key == graph(after).key) is same


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_has_all_cells_with_their_filters(kind: str) -> None:
    values = {name: choices[-1] for name, choices in CHOICES[kind].items()}
    graphs = [
        CellGraph(input_shape=SHAPE, num_classes=3, options=KINDS[kind].model_copy(update=changed))(
            values
        )
        for changed in ({}, {"cells": 2}, {"filters": 32})
    ]
    assert len({graph.key for graph in graphs}) == 3
