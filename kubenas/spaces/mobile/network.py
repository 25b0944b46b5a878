"""A network of the space ``mobile`` and the values that describe it. Imports no Keras.

The blocks are those of MobileNetV4 (Qin et al., ECCV 2024, arXiv 2404.10518).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from kubenas.spaces.convolution.width import widened

BlockKind: TypeAlias = Literal["fused", "inverted", "convnext", "extra_depthwise", "feed_forward"]
"""A fused inverted bottleneck, or the kind of a universal inverted bottleneck."""

FUSED_STAGES = 2
"""Number of the first stages that may have fused blocks."""
STAGE_FILTERS = (24, 48, 96, 160)
"""Filters of each stage at a width of 1."""
_STEM_FILTERS = 16


@dataclass(frozen=True)
class Stage:
    """Blocks whose outputs have the same shape. The first one halves the map if it is large."""

    kinds: tuple[BlockKind, ...]
    """Kind of each block. The first one is never feed-forward, which cannot halve a map."""
    filters: int
    """Channels of each block's output."""
    kernel: int
    """Height and width of the convolutions that are not 1x1, in pixels."""
    expansion: int
    """Channels inside a block for each channel of its input."""


@dataclass(frozen=True)
class Network:
    """A network without its weights."""

    image_scale: float
    """Sides of the images that the network sees, as a share of the data's."""
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
        image_scale=values["image_scale"],
        stem=widened(_STEM_FILTERS, values["width"]),
        stages=tuple(_stage(values, number) for number in range(1, values["stages"] + 1)),
        activation=values["activation"],
        drop_path=values["drop_path"],
    )


def _stage(values: Mapping[str, Any], number: int) -> Stage:
    """Returns stage ``number``, counted from 1."""
    name = f"stage_{number}"
    others = values[f"{name}/blocks"] - 1
    rest = (values[f"{name}/other_blocks"],) * others if others else ()
    return Stage(
        kinds=(values[f"{name}/first_block"], *rest),
        filters=widened(STAGE_FILTERS[number - 1], values["width"]),
        kernel=values[f"{name}/kernel"],
        expansion=values[f"{name}/expansion"],
    )
