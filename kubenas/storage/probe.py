"""A check that a store supports create-if-absent, which every search depends on."""

import secrets

from kubenas.errors import ObjectExists, StorageError
from kubenas.storage.protocol import Storage

_FOLDER = ".probe"


def probe_storage(storage: Storage) -> None:
    """Creates an object twice and deletes it, in at most four requests.

    The name of the object is random, so concurrent runs can probe the same folder.

    Raises:
        StorageError: The store is not writable, or the second creation succeeds. Two searches could
            then overwrite each other's journal.
    """
    name = f"{_FOLDER}/{secrets.token_hex(8)}"
    storage.create(name, b"first")
    try:
        storage.create(name, b"second")
    except ObjectExists:
        return
    finally:
        storage.delete(name)
    raise StorageError(
        f"{storage.uri}: the store does not support create-if-absent (If-None-Match), so two"
        " searches could overwrite each other's journal; update the store or choose another output"
    )
