"""Size limits for objects that another process has written."""

from kubenas.errors import ObjectTooLarge


def check_size(data: bytes, limit: int | None, *, uri: str) -> bytes:
    """Returns ``data`` if it has at most ``limit`` bytes.

    Raises:
        ObjectTooLarge: ``data`` is longer than ``limit``.
    """
    if limit is not None and len(data) > limit:
        raise object_too_large(uri, limit)
    return data


def object_too_large(uri: str, limit: int) -> ObjectTooLarge:
    """Returns the error for an object of more than ``limit`` bytes."""
    return ObjectTooLarge(f"{uri}: larger than the limit of {limit:,} bytes; delete it")
