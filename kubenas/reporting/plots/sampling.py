"""Sampling of plot points at even distances."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def sample_evenly(items: Sequence[T], most: int) -> list[T]:
    """Returns at most ``most`` of ``items`` at even distances, with the first and the last."""
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[0]]
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
