"""Deleting garbage. It may be cut off anywhere and begun again."""

from collections.abc import Iterable
from itertools import groupby

from kubenas.retention.garbage import Garbage, deletion_rank
from kubenas.storage import Storage
from kubenas.storage.parallel import run_in_parallel


def sweep(storage: Storage, garbage: Iterable[Garbage]) -> None:
    """Deletes ``garbage``, which is in the order that it was found in.

    Raises:
        StorageError: an object could not be deleted; those before it are gone.
    """
    for _, group in groupby(garbage, key=lambda each: deletion_rank(each.name)):
        run_in_parallel(lambda each: storage.delete(each.name), group)
