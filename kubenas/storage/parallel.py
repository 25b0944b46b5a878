"""Transfers of many objects at once. They wait for the network, so threads do."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MAX_TRANSFERS = 8
"""At the same time."""

Item = TypeVar("Item")


def run_in_parallel(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Works on all items; the first error keeps those that have not begun from beginning."""
    with ThreadPoolExecutor(MAX_TRANSFERS) as threads:
        for _ in threads.map(work, items):
            pass
