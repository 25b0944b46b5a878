"""Parallel transfers of objects with threads."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MAX_TRANSFERS = 8
"""Maximum number of parallel transfers."""

Item = TypeVar("Item")


def run_in_parallel(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Calls ``work`` for all items in parallel. After an error no further items are started."""
    with ThreadPoolExecutor(MAX_TRANSFERS) as threads:
        for _ in threads.map(work, items):
            pass
