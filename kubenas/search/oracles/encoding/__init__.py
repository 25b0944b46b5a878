"""Encoding of hyperparameter values as points, and variation of points."""

from kubenas.search.oracles.encoding.architectures import (
    Architecture,
    Architectures,
    GraphOf,
    Limits,
    sizes,
)
from kubenas.search.oracles.encoding.dimension import Dimension, Floats
from kubenas.search.oracles.encoding.encoding import Encoding
from kubenas.search.oracles.encoding.variation import create_children, mutate, neighbours

__all__ = [
    "Architecture",
    "Architectures",
    "Dimension",
    "Encoding",
    "Floats",
    "GraphOf",
    "Limits",
    "create_children",
    "mutate",
    "neighbours",
    "sizes",
]
