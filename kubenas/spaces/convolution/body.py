"""The part of a network that computes feature maps: stem, blocks and head. Imports no Keras."""

from dataclasses import dataclass
from typing import Literal

from kubenas.spaces.convolution.operations import Convolve, Operation


@dataclass(frozen=True)
class Block:
    """The sum of a branch and a shortcut, with an activation if ``activated``.

    Without a shortcut it is the branch alone.
    """

    name: str
    branch: tuple[Operation, ...]
    shortcut: Convolve | Literal["identity"] | None
    drop_rate: float
    """Probability that training drops the branch (stochastic depth); 0 without a shortcut."""
    activated: bool


@dataclass(frozen=True)
class Body:
    """The part of a network that computes maps."""

    stem: tuple[Operation, ...]
    blocks: tuple[Block, ...]
    head: tuple[Operation, ...] = ()
