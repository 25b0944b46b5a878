"""How many bytes a reader takes of an object that another process has written."""

from kubenas.errors import ObjectTooLarge


def check_size(data: bytes, limit: int | None, *, uri: str) -> bytes:
    """``data`` as it is.

    Raises:
        ObjectTooLarge: it is longer than ``limit``.
    """
    if limit is not None and len(data) > limit:
        raise object_too_large(uri, limit)
    return data


def object_too_large(uri: str, limit: int) -> ObjectTooLarge:
    """The error for an object of more than ``limit`` bytes."""
    return ObjectTooLarge(f"{uri}: larger than the {limit:,} bytes that it may have; delete it")
