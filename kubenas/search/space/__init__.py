"""The space of a search: its points, and hyperparameters that trials add to it."""

from kubenas.search.space.growth import (
    Hyperparameter,
    check_declared,
    grown,
    take_declared,
    unknown,
    with_declared,
)

__all__ = [
    "Hyperparameter",
    "check_declared",
    "grown",
    "take_declared",
    "unknown",
    "with_declared",
]
