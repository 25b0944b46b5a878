"""The search space: its points, and the hyperparameters that trials add to it."""

from kubenas.search.space.declared import (
    Hyperparameter,
    apply_declared,
    check_declared,
    extend_space,
    merge_declared,
    new_hyperparameters,
)

__all__ = [
    "Hyperparameter",
    "apply_declared",
    "check_declared",
    "extend_space",
    "merge_declared",
    "new_hyperparameters",
]
