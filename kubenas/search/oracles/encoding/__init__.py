"""Hyperparameter values as numbers, and new points from old ones."""

from kubenas.search.oracles.encoding.designs import Design, Designs, GraphOf, Limits, sizes
from kubenas.search.oracles.encoding.dimension import Dimension, Floats
from kubenas.search.oracles.encoding.encoding import Encoding
from kubenas.search.oracles.encoding.variation import children, mutate, neighbours

__all__ = [
    "Design",
    "Designs",
    "Dimension",
    "Encoding",
    "Floats",
    "GraphOf",
    "Limits",
    "children",
    "mutate",
    "neighbours",
    "sizes",
]
