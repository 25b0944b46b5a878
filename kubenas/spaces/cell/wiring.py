"""The part of a network that computes maps: operations and their inputs, without Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kubenas.spaces.cell.operations import Image, Operation, Pool, Sum
from kubenas.spaces.shapes import Map


@dataclass(frozen=True)
class Node:
    """An operation in a body."""

    name: str
    """Unique in the body."""
    operation: Operation
    inputs: tuple[int, ...]
    """Indices of earlier nodes. An input that occurs twice counts twice."""
    shape: Map
    """Height, width and channels of the output."""


Body: TypeAlias = tuple[Node, ...]
"""The image, the operations, and as the last node the feature map."""


class Wiring:
    """A body under construction.

    Poolings and sums have no weights. One with the same inputs as an earlier one is that node, so
    that equal values are computed once and equal networks have equal bodies.

    Args:
        input_shape: height, width and channels of an image, which is node 0.
    """

    def __init__(self, input_shape: Map) -> None:
        self._nodes = [Node("image", Image(), (), input_shape)]
        self._without_weights: dict[tuple[Operation, tuple[int, ...]], int] = {}

    @property
    def body(self) -> Body:
        """The nodes so far."""
        return tuple(self._nodes)

    def shape(self, node: int) -> Map:
        """Returns the shape of a node's output."""
        return self._nodes[node].shape

    def add(self, name: str, operation: Operation, *inputs: int) -> int:
        """Adds an operation and returns its node."""
        if not isinstance(operation, Pool | Sum):
            return self._append(name, operation, inputs)
        key = operation, inputs
        if key not in self._without_weights:
            self._without_weights[key] = self._append(name, operation, inputs)
        return self._without_weights[key]

    def sum(self, name: str, terms: Sequence[int]) -> int:
        """Returns the node of the sum of one or more nodes. One term is its own sum."""
        return terms[0] if len(terms) == 1 else self.add(name, Sum(), *sorted(terms))

    def _append(self, name: str, operation: Operation, inputs: tuple[int, ...]) -> int:
        shape = operation.output(*(self._nodes[node].shape for node in inputs))
        self._nodes.append(Node(name, operation, inputs, shape))
        return len(self._nodes) - 1
