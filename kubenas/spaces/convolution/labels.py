"""Labels of operations in the graph of a network. Imports no Keras."""

from typing import assert_never

from kubenas.spaces.convolution.operations import (
    Convolve,
    Operation,
    Pool,
    Resize,
    SqueezeExcite,
)


def label_of(operation: Operation) -> str:
    """Returns the operation with its settings, such as "conv 3 32 / (2, 2) linear"."""
    match operation:
        case Pool():
            return f"max pool {operation.size}"
        case Resize():
            return f"resize {operation.sides}"
        case SqueezeExcite():
            return f"squeeze-excite {operation.units}"
        case Convolve():
            linear = "" if operation.activated else " linear"
            stride = "" if operation.strides == (1, 1) else f" / {operation.strides}"
            return f"{operation.kind} {operation.kernel} {operation.filters}{stride}{linear}"
        case _:
            assert_never(operation)
