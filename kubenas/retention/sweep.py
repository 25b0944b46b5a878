"""Deletion of garbage. It can be interrupted and repeated."""

from collections.abc import Iterable
from itertools import groupby

from kubenas.retention.garbage import Garbage, deletion_rank
from kubenas.storage import Storage
from kubenas.storage.parallel import run_in_parallel


def sweep(storage: Storage, garbage: Iterable[Garbage]) -> None:
    """Deletes ``garbage`` in the given order.

    Raises:
        StorageError: an object could not be deleted; earlier ones are deleted.
    """
    for _, group in groupby(garbage, key=lambda each: deletion_rank(each.name)):
        run_in_parallel(lambda each: storage.delete(each.name), group)
