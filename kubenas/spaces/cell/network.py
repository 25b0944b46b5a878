"""A network of the space ``cell`` and its body. Imports no Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubenas.spaces.cell.darts.body import append_body as append_darts
from kubenas.spaces.cell.darts.cell import DartsCells, cells_of
from kubenas.spaces.cell.nasbench201.body import append_body as append_nasbench201
from kubenas.spaces.cell.nasbench201.cell import Nasbench201Cell, cell_of
from kubenas.spaces.cell.wiring import Body, Wiring
from kubenas.spaces.options import CellOptions
from kubenas.spaces.shapes import Map


@dataclass(frozen=True)
class Network:
    """A network without its weights."""

    cell: Nasbench201Cell | DartsCells
    cells: int
    """Number of cells in each of the three stages, without reduction cells."""
    filters: int
    """Channels of the first stage."""


def network_of(values: Mapping[str, Any], options: CellOptions) -> Network:
    """Returns the network that hyperparameters describe.

    Args:
        values: at least the hyperparameters of the cell, by name.
        options: options of the space.
    """
    is_darts = options.kind == "darts"
    cell = cells_of(values, options.nodes) if is_darts else cell_of(values)
    return Network(cell, options.cells, options.filters)


def build_body(network: Network, input_shape: Map) -> Body:
    """Returns the body of ``network`` for images of ``input_shape``."""
    wiring = Wiring(input_shape)
    if isinstance(network.cell, DartsCells):
        append_darts(wiring, network.cell, count=network.cells, filters=network.filters)
    else:
        append_nasbench201(wiring, network.cell, cells=network.cells, filters=network.filters)
    return wiring.body
