"""The graph and the size of a network of the space ``text``, from values alone. No Keras."""

from collections.abc import Mapping
from typing import Any, assert_never

from kubenas.spaces.graph import Graph
from kubenas.spaces.options import TextOptions
from kubenas.spaces.text.cost import (
    Cost,
    attention_cost,
    convolution_cost,
    dense_cost,
    embedding_cost,
    feed_forward_cost,
    norm_weights,
    pooling_cost,
    recurrent_cost,
    separable_cost,
)
from kubenas.spaces.text.network import (
    Bag,
    Network,
    ParallelConvolutions,
    Recurrent,
    SeparableConvolutions,
    Transformer,
    network_of,
)

_IN_NODES = (
    "length",
    "vocabulary",
    "embedding",
    "encoder",
    "bag/",
    "convolutional/",
    "recurrent/",
    "transformer/",
    "pooling",
    "units",
)
"""Hyperparameters, or prefixes of them, that the nodes' labels hold."""
_POOLINGS = {"average": "average", "max": "max", "both": "average and max"}


class TextGraph:
    """Computes the graph of a network from the values of its hyperparameters.

    Args:
        input_shape: (length,), the number of tokens of a text.
        num_classes: number of classes.
        options: options of the space; its largest length bounds the tokens that are read.
        vocabulary_size: number of different tokens.
    """

    def __init__(
        self,
        *,
        input_shape: tuple[int],
        num_classes: int,
        options: TextOptions,
        vocabulary_size: int,
    ) -> None:
        self._length = min(input_shape[0], options.max_length)
        self._vocabulary_size = vocabulary_size
        self._num_classes = num_classes

    def __call__(self, values: Mapping[str, Any]) -> Graph:
        """Returns the graph of the network at ``values``.

        The number of weights is exact. Floating-point operations of activations, gates and
        normalisation are not counted.
        """
        nodes = _Nodes()
        network = network_of(values, length=self._length, vocabulary_size=self._vocabulary_size)
        _append_network(nodes, network)
        output = dense_cost(nodes.size, self._num_classes)
        return Graph(
            tuple(nodes.labels),
            tuple(nodes.edges),
            parameters=nodes.weights + output.weights,
            flops=nodes.flops + output.flops,
            rest={name: value for name, value in values.items() if not _in_nodes(name)},
            activations=nodes.written,
        )


def _in_nodes(name: str) -> bool:
    return any(name == each or (each[-1] == "/" and name.startswith(each)) for each in _IN_NODES)


class _Nodes:
    """A graph under construction. New operations take the output of the last node."""

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.edges: list[tuple[int, int]] = []
        self.weights = 0
        self.flops = 0
        self.written = 0
        self.size = 0
        """Values of each word, or of the text, after the last node."""

    @property
    def last(self) -> int:
        return len(self.labels) - 1

    def append(self, label: str, cost: Cost, size: int, *inputs: int) -> None:
        """Appends a node that writes ``size`` values for each word or text.

        Args:
            label: operation of the node.
            cost: cost of the operation.
            size: values for each word or text.
            *inputs: nodes whose outputs it takes; without any, the last node.
        """
        sources = inputs or ((self.last,) if self.labels else ())
        self.labels.append(label)
        self.edges += [(source, self.last) for source in sources]
        self.weights += cost.weights
        self.flops += cost.flops
        self.written += cost.written
        self.size = size

    def add(self, shortcut: int, length: int) -> None:
        """Appends the sum of the last node and the node ``shortcut``."""
        values = length * self.size
        self.append("add", Cost(flops=values, written=values), self.size, shortcut, self.last)


def _append_network(nodes: _Nodes, network: Network) -> None:
    nodes.append(f"{network.length} tokens of {network.vocabulary}", Cost(), 0)
    if isinstance(network.encoder, Bag) and network.encoder.ngrams > 1:
        ngrams, buckets = network.encoder.ngrams, network.encoder.buckets
        nodes.append(f"{ngrams}-grams in {buckets}", Cost(), 0)
    size = network.embedding
    cost = embedding_cost(network.embeddings, network.positions, size)
    nodes.append(f"embedding {size}", cost, size)
    _append_encoder(nodes, network)
    size = nodes.size * (2 if network.pooling == "both" else 1)
    cost = pooling_cost(network.pooling, network.positions, nodes.size)
    nodes.append(_POOLINGS[network.pooling], cost, size)
    if network.units:
        nodes.append(f"dense {network.units}", dense_cost(size, network.units), network.units)


def _append_encoder(nodes: _Nodes, network: Network) -> None:
    match network.encoder:
        case Bag():
            return
        case ParallelConvolutions() as encoder:
            _append_parallel(nodes, encoder, network.length)
        case SeparableConvolutions() as encoder:
            _append_separable(nodes, encoder, network.length)
        case Recurrent() as encoder:
            _append_recurrent(nodes, encoder, network.length)
        case Transformer() as encoder:
            _append_transformer(nodes, encoder, network.length)
        case _:
            assert_never(network.encoder)


def _append_parallel(nodes: _Nodes, encoder: ParallelConvolutions, length: int) -> None:
    start, inputs, filters = nodes.last, nodes.size, encoder.filters
    for kernel in encoder.kernels:
        cost = convolution_cost(inputs, filters, kernel, length)
        nodes.append(f"conv {kernel} x {filters}", cost, filters, start)
    count = len(encoder.kernels)
    if count > 1:
        found = range(start + 1, start + 1 + count)
        nodes.append("concatenate", Cost(), count * filters, *found)


def _append_separable(nodes: _Nodes, encoder: SeparableConvolutions, length: int) -> None:
    label = f"separable conv {encoder.kernel} x {encoder.filters}"
    for _ in range(encoder.layers):
        start, inputs = nodes.last, nodes.size
        cost = separable_cost(inputs, encoder.filters, encoder.kernel, length)
        nodes.append(label, cost, encoder.filters)
        if inputs == encoder.filters:
            nodes.add(start, length)


def _append_recurrent(nodes: _Nodes, encoder: Recurrent, length: int) -> None:
    for _ in range(encoder.layers):
        cost = recurrent_cost(encoder.cell, nodes.size, encoder.units, length)
        nodes.append(f"{encoder.cell.upper()} {encoder.units}", cost, 2 * encoder.units)


def _append_transformer(nodes: _Nodes, encoder: Transformer, length: int) -> None:
    size = nodes.size
    places = embedding_cost(length, length, size)
    nodes.append("positions", places, size)
    heads, units = encoder.heads, encoder.expansion * size
    for _ in range(encoder.layers):
        start = nodes.last
        plural = "s" if heads > 1 else ""
        nodes.append(f"attention {heads} head{plural}", attention_cost(size, heads, length), size)
        nodes.add(start, length)
        start = nodes.last
        nodes.append(f"feed-forward {units}", feed_forward_cost(size, units, length), size)
        nodes.add(start, length)
    nodes.append("norm", Cost(norm_weights(size)), size)
