"""The part of a network that computes feature maps: a stem and blocks. Imports no Keras."""

from dataclasses import dataclass

from kubenas.spaces.convolution.operations import Convolve, Operation


@dataclass(frozen=True)
class Block:
    """The sum of a branch and a shortcut, with an activation if ``activated``."""

    name: str
    branch: tuple[Operation, ...]
    shortcut: Convolve | None
    """None: the identity."""
    drop_rate: float
    """Probability that training drops the branch (stochastic depth)."""
    activated: bool


@dataclass(frozen=True)
class Body:
    """The part of a network that computes maps."""

    stem: tuple[Operation, ...]
    blocks: tuple[Block, ...]
