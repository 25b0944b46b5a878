"""The graph and the size of a network, from its body. Imports no Keras."""

import math
from collections.abc import Mapping
from typing import Any

from kubenas.spaces.convolution.body import Block, Body
from kubenas.spaces.convolution.cost import classifier_cost, cost_of, written_by
from kubenas.spaces.convolution.labels import label_of
from kubenas.spaces.convolution.operations import Convolve, Operation
from kubenas.spaces.graph import Graph
from kubenas.spaces.shapes import Map


def body_graph(
    body: Body,
    *,
    input_shape: Map,
    num_classes: int,
    rest: Mapping[str, Any],
    activation_work: int = 0,
) -> Graph:
    """Returns the graph of a network: its body, the average of the last map and a dense layer.

    The number of weights is exact.

    Args:
        body: body of the network.
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        rest: see :class:`Graph`.
        activation_work: floating-point operations of the activation of a convolution's output, for
            each value.
    """
    nodes = _Nodes(input_shape, activation_work)
    for operation in body.stem:
        nodes.append(operation)
    for block in body.blocks:
        nodes.append_block(block)
    for operation in body.head:
        nodes.append(operation)
    nodes.append_output(num_classes)
    return Graph(
        tuple(nodes.labels),
        tuple(nodes.edges),
        parameters=nodes.parameters,
        flops=nodes.flops,
        rest=rest,
        activations=nodes.activations,
    )


class _Nodes:
    """A graph under construction. New operations take the output of the last node."""

    def __init__(self, input_shape: Map, activation_work: int) -> None:
        self.labels: list[str] = []
        self.edges: list[tuple[int, int]] = []
        self.parameters = 0
        self.flops = 0
        self.activations = 0
        self._shape = input_shape
        self._activation_work = activation_work

    def append(self, operation: Operation) -> None:
        before = self._shape
        weights, work = cost_of(operation, before)
        self._shape = operation.output(before)
        if isinstance(operation, Convolve) and operation.activated:
            work += self._activation_work * math.prod(self._shape)
        self.activations += written_by(operation, before)
        self._add(label_of(operation), *self._last(), weights=weights, work=work)

    def append_block(self, block: Block) -> None:
        start, shape = len(self.labels) - 1, self._shape
        for operation in block.branch:
            self.append(operation)
        if block.shortcut is None:
            return
        branch, shortcut = len(self.labels) - 1, start
        if isinstance(block.shortcut, Convolve):
            weights, work = cost_of(block.shortcut, shape)
            self.activations += written_by(block.shortcut, shape)
            shortcut = self._add(label_of(block.shortcut), start, weights=weights, work=work)
        label = "add, activation" if block.activated else "add"
        self.activations += math.prod(self._shape)
        self._add(label, branch, shortcut, work=math.prod(self._shape))

    def append_output(self, num_classes: int) -> None:
        weights, work = classifier_cost(self._shape, num_classes)
        self._add("average", *self._last(), weights=weights, work=work)

    def _last(self) -> list[int]:
        return [len(self.labels) - 1] if self.labels else []

    def _add(self, label: str, *inputs: int, weights: int = 0, work: int = 0) -> int:
        node = len(self.labels)
        self.labels.append(label)
        self.edges += [(source, node) for source in inputs]
        self.parameters += weights
        self.flops += work
        return node
