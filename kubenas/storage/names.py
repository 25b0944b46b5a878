"""Object names: relative, with forward slashes, below the store's root."""

from pathlib import PurePosixPath

from kubenas.errors import StorageError


def check_object_name(name: str, root: str) -> str:
    """``name``, which stays below ``root``.

    Raises:
        StorageError: it does not.
    """
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise StorageError(f"{name}: an object's name must stay below {root}")
    return name
