"""Weights and floating-point operations of the layers for one text. Imports no Keras.

A multiply-add is two operations. Those of activations, gates and normalisation are not counted.
"""

from dataclasses import dataclass

from kubenas.spaces.text.network import Cell, Pooling, key_size

_GATES = {"gru": 3, "lstm": 4}
_GATE_BIASES = {"gru": 2, "lstm": 1}
"""Biases of each unit of a gate: a GRU has those of its input and those of its state."""
_DIRECTIONS = 2


@dataclass(frozen=True)
class Cost:
    """The cost of a layer."""

    weights: int = 0
    flops: int = 0
    written: int = 0
    """Values of its outputs."""


def embedding_cost(rows: int, positions: int, size: int) -> Cost:
    """Returns the cost of a table of ``rows`` embeddings, read at ``positions``."""
    return Cost(rows * size, 0, positions * size)


def dense_cost(inputs: int, units: int, positions: int = 1) -> Cost:
    """Returns the cost of a dense layer at each of the positions."""
    return Cost((inputs + 1) * units, positions * (2 * inputs + 1) * units, positions * units)


def convolution_cost(inputs: int, filters: int, kernel: int, length: int) -> Cost:
    """Returns the cost of a convolution with padding 'same'."""
    return dense_cost(kernel * inputs, filters, length)


def separable_cost(inputs: int, filters: int, kernel: int, length: int) -> Cost:
    """Returns the cost of a separable convolution and its normalisation."""
    pointwise = dense_cost(inputs, filters, length)
    return Cost(
        kernel * inputs + pointwise.weights + norm_weights(filters),
        2 * length * kernel * inputs + pointwise.flops,
        length * inputs + pointwise.written,
    )


def recurrent_cost(cell: Cell, inputs: int, units: int, length: int) -> Cost:
    """Returns the cost of a bidirectional layer with ``units`` units in each direction."""
    gates = _GATES[cell]
    kernels = gates * (inputs + units) * units
    biases = gates * _GATE_BIASES[cell] * units
    return Cost(
        _DIRECTIONS * (kernels + biases),
        _DIRECTIONS * length * (2 * kernels + biases),
        _DIRECTIONS * length * units,
    )


def attention_cost(size: int, heads: int, length: int) -> Cost:
    """Returns the cost of self-attention and its normalisation."""
    inner = heads * key_size(size, heads)
    inputs, output = dense_cost(size, inner, length), dense_cost(inner, size, length)
    scores = heads * length**2
    return Cost(
        3 * inputs.weights + output.weights + norm_weights(size),
        3 * inputs.flops + output.flops + 2 * 2 * length**2 * inner,
        3 * inputs.written + scores + output.written,
    )


def feed_forward_cost(size: int, units: int, length: int) -> Cost:
    """Returns the cost of the feed-forward layers of a Transformer and their normalisation."""
    expand, project = dense_cost(size, units, length), dense_cost(units, size, length)
    return Cost(
        expand.weights + project.weights + norm_weights(size),
        expand.flops + project.flops,
        expand.written + project.written,
    )


def pooling_cost(pooling: Pooling, positions: int, size: int) -> Cost:
    """Returns the cost of pooling, with the mask: two operations for each value and kind."""
    kinds = 2 if pooling == "both" else 1
    return Cost(flops=2 * kinds * positions * size)


def norm_weights(size: int) -> int:
    """Returns the weights of layer normalisation."""
    return 2 * size
