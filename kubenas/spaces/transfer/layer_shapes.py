"""Shapes of the outputs of Keras's layers, from their configuration. Imports no Keras."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, TypeAlias

from kubenas.errors import UserError
from kubenas.spaces.transfer.keras_file import INPUT, Node

Shape: TypeAlias = tuple[int, ...]
"""Without the batch dimension: (height, width, channels), or (features,)."""

UNCHANGED = frozenset(
    {
        "Activation", "ActivityRegularization", "BatchNormalization", "Dropout", "ELU",
        "GaussianDropout", "GaussianNoise", "Identity", "LeakyReLU", "Normalization", "ReLU",
        "Rescaling", "Softmax", "SpatialDropout2D",
    }
)  # fmt: skip
"""Layers whose output has the shape of their input."""
MERGES = frozenset({"Add", "Average", "Maximum", "Multiply", "Subtract", "add", "multiply"})
"""Layers and operations on several inputs of equal shapes, or of sides of 1."""
GLOBAL_POOLS = frozenset({"GlobalAveragePooling2D", "GlobalMaxPooling2D"})
CONVOLUTIONS = frozenset({"Conv2D", "DepthwiseConv2D", "SeparableConv2D"})
POOLS = frozenset({"AveragePooling2D", "MaxPooling2D"})


def output_shape(node: Node, inputs: Sequence[Shape]) -> Shape:
    """Returns the shape of a node's output.

    Raises:
        UserError: the layer is not supported, or the input is too small for it.
    """
    if node.kind not in SUPPORTED or node.settings.get("data_format") == "channels_first":
        raise UserError(
            f"layer '{node.name}' ({node.kind}) is not supported in a backbone; supported, with"
            f" the channels last, are {', '.join(sorted(SUPPORTED - {INPUT}))}"
        )
    try:
        shape = _OUTPUTS.get(node.kind, _unchanged)(node.settings, inputs)
    except (KeyError, IndexError, TypeError, ValueError, ArithmeticError) as error:
        raise UserError(f"layer '{node.name}' ({node.kind}) is not valid: {error!r}") from error
    if min(shape) < 1:
        raise UserError(f"layer '{node.name}' ({node.kind}) needs larger images")
    return shape


def is_strided(node: Node) -> bool:
    """Returns whether a layer reduces the sides of a map by its strides."""
    return node.kind in CONVOLUTIONS | POOLS and max(_strides(node.settings)) > 1


def _unchanged(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    del settings
    return inputs[0]


def _merged(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    del settings
    backwards = zip_longest(*(reversed(shape) for shape in inputs), fillvalue=1)
    return tuple(reversed([max(sides) for sides in backwards]))


def _joined(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    if settings["axis"] not in {-1, len(inputs[0])}:
        raise UserError("maps can be joined along their channels only")
    return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))


def _convolved(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    (shape,) = inputs
    multiplied = shape[2] * (settings.get("depth_multiplier") or 1)
    return (*_windows(settings, shape, "kernel_size"), settings.get("filters", multiplied))


def _pooled(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    (shape,) = inputs
    return (*_windows(settings, shape, "pool_size"), shape[2])


def _globally_pooled(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    channels = inputs[0][2]
    return (1, 1, channels) if settings.get("keepdims") else (channels,)


def _padded(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    (top, bottom), (left, right) = settings["padding"]
    height, width, channels = inputs[0]
    return height + top + bottom, width + left + right, channels


def _cropped(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    (top, bottom), (left, right) = settings["cropping"]
    height, width, channels = inputs[0]
    return height - top - bottom, width - left - right, channels


def _reshaped(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    shape = tuple(settings["target_shape"])
    known = math.prod(side for side in shape if side > 0)
    return tuple(math.prod(inputs[0]) // known if side < 0 else side for side in shape)


def _flattened(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    del settings
    return (math.prod(inputs[0]),)


def _dense(settings: Mapping[str, Any], inputs: Sequence[Shape]) -> Shape:
    return (*inputs[0][:-1], settings["units"])


def _windows(settings: Mapping[str, Any], shape: Shape, size: str) -> tuple[int, int]:
    """Returns height and width of the output of a layer with windows."""
    same = settings["padding"] == "same"
    spread = settings.get("dilation_rate", (1, 1))
    height, width = (
        -(-(side if same else side - (window - 1) * step_between) // step)
        for side, window, step_between, step in zip(
            shape[:2], settings[size], spread, _strides(settings), strict=True
        )
    )
    return height, width


def _strides(settings: Mapping[str, Any]) -> Sequence[int]:
    strides: Sequence[int] = settings.get("strides") or settings["pool_size"]
    return strides


_OUTPUTS: Mapping[str, Callable[[Mapping[str, Any], Sequence[Shape]], Shape]] = {
    "Concatenate": _joined,
    "Cropping2D": _cropped,
    "Dense": _dense,
    "Flatten": _flattened,
    "Reshape": _reshaped,
    "ZeroPadding2D": _padded,
    **dict.fromkeys(CONVOLUTIONS, _convolved),
    **dict.fromkeys(GLOBAL_POOLS, _globally_pooled),
    **dict.fromkeys(MERGES, _merged),
    **dict.fromkeys(POOLS, _pooled),
}
SUPPORTED = frozenset({INPUT, *UNCHANGED, *_OUTPUTS})
