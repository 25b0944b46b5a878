"""The space ``cell``: its hyperparameters, options, and networks without a path."""

from math import prod

import numpy as np
import pytest
from pydantic import ValidationError

from kubenas.spaces.cell.hypermodel import CellHyperModel
from kubenas.spaces.cell.nasbench201.cell import EDGES, edge_name
from kubenas.spaces.options import CellOptions
from tests.unit.spaces.points import declared

SHAPE = (8, 8, 1)


def hypermodel(**options: object) -> CellHyperModel:
    return CellHyperModel(
        input_shape=SHAPE, num_classes=2, options=CellOptions.model_validate(options)
    )


def number_of_cells(space: CellHyperModel, prefix: str) -> int:
    return prod(len(p.values) for p in declared(space).space if p.name.startswith(prefix))


def test_the_number_of_cells_is_the_published_one() -> None:
    assert number_of_cells(hypermodel(), "edge_") == 15_625
    darts = hypermodel(kind="darts")
    for cell in ("normal/", "reduction/"):
        assert number_of_cells(darts, cell) == 1 * 3 * 6 * 10 * 7**8


def test_the_number_of_nodes_is_an_option_of_darts() -> None:
    names = [p.name for p in declared(hypermodel(kind="darts", nodes=1)).space]
    assert [name for name in names if "/" in name] == [
        "normal/node_2/operation_1",
        "normal/node_2/operation_2",
        "reduction/node_2/operation_1",
        "reduction/node_2/operation_2",
    ]
    with pytest.raises(ValidationError, match="only cells of kind darts have this option"):
        CellOptions(nodes=3)


def test_a_network_of_one_node_and_skips_is_valid() -> None:
    space = hypermodel(kind="darts", nodes=1, filters=5)
    hp = declared(space)
    hp.values.update({name: "skip_connect" for name in hp.values if "/operation_" in name})
    model = space.build(hp)
    assert model(np.ones((2, *SHAPE), np.float32), training=False).shape == (2, 2)


def test_a_cell_without_a_path_outputs_zeros() -> None:
    space = hypermodel(filters=4)
    hp = declared(space)
    hp.values.update({edge_name(edge): "none" for edge in EDGES} | {"label_smoothing": 0.0})
    model = space.build(hp)
    images = np.random.default_rng(1).normal(size=(4, *SHAPE)).astype(np.float32)
    model.train_on_batch(images, np.array([0, 1, 0, 1]))
    answers = np.asarray(model(images, training=False))
    np.testing.assert_allclose(answers, np.broadcast_to(answers[0], answers.shape), atol=1e-6)
