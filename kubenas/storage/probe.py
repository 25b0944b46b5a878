"""Whether a store keeps the promise that a search stands on: create-if-absent."""

import secrets

from kubenas.errors import ObjectExists, StorageError
from kubenas.storage.protocol import Storage

_FOLDER = ".probe"


def probe_storage(storage: Storage) -> None:
    """Creates an object twice and deletes it, in four requests or less.

    The object is another one every time, so that runs may probe the same folder at once.

    Raises:
        StorageError: the store cannot be written to, or lets the second creation through, so that
            two searches could overwrite each other's journal.
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
        f"{storage.uri}: this store overwrites objects that are to be created only if absent"
        " (If-None-Match); update it or choose another output, since two searches could destroy"
        " each other's journal here"
    )
