"""A network of the space ``residual`` and the values that describe it. Imports no Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from kubenas.spaces.convolution.width import widened

BlockKind: TypeAlias = Literal["residual", "separable", "fused", "inverted"]

BOTTLENECKS: tuple[BlockKind, ...] = ("fused", "inverted")
"""Kinds of block that widen the map first and narrow it again."""


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind whose outputs have the same shape."""

    kind: BlockKind
    blocks: int
    filters: int
    """Channels of each block's output."""
    kernel: int
    """Height and width in pixels."""
    expansion: int
    """Channels inside a bottleneck for each channel of its input; 1 for the other kinds."""
    squeeze_excitation: bool
    stride: int
    """Stride of the first block; maps that are too small keep their size."""


@dataclass(frozen=True)
class Network:
    """A network without its weights."""

    stem: int
    """Filters of the first convolution."""
    stages: tuple[Stage, ...]
    activation: str
    drop_path: float
    """Probability that the last block drops its branch during training."""


def network_of(values: Mapping[str, Any]) -> Network:
    """Returns the network that hyperparameters describe.

    Args:
        values: at least the active hyperparameters, by name.
    """
    return Network(
        stem=widened(values["stem/filters"], _width(values)),
        stages=tuple(_stage(values, number) for number in range(1, values["stages"] + 1)),
        activation=values["activation"],
        drop_path=values["drop_path"],
    )


def _width(values: Mapping[str, Any]) -> float:
    """Returns the width multiplier. Networks of earlier versions have none."""
    return float(values.get("width", 1.0))


def _stage(values: Mapping[str, Any], number: int) -> Stage:
    name = f"stage_{number}"
    kind = values[f"{name}/block"]
    return Stage(
        kind=kind,
        blocks=values[f"{name}/blocks"],
        filters=widened(values[f"{name}/filters"], _width(values)),
        kernel=values[f"{name}/kernel"],
        expansion=values[f"{name}/expansion"] if kind in BOTTLENECKS else 1,
        squeeze_excitation=values[f"{name}/squeeze_excitation"],
        stride=values["stage_1/stride"] if number == 1 else 2,
    )
