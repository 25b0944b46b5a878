"""Validation of object names. A name is relative to the store's root, with forward slashes."""

from pathlib import PurePosixPath

from kubenas.errors import StorageError


def check_object_name(name: str, root: str) -> str:
    """Returns ``name`` if it is below ``root``.

    Raises:
        StorageError: The name is absolute or contains ``..``.
    """
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise StorageError(f"{name}: the name of an object must be below {root}")
    return name
