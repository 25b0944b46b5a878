"""Exceptions. Their messages say in one line what was wrong, where, and what to do."""

from typing import ClassVar


class KubenasError(Exception):
    """Base class of all errors that kubenas raises on purpose.

    ``exit_code`` is the exit code of the command line; 1 means that a valid run failed.
    """

    exit_code: ClassVar[int] = 1


class UserError(KubenasError):
    """Invalid user input: config, data, space or environment."""

    exit_code: ClassVar[int] = 2


class SearchFailed(KubenasError):
    """The search ran, but found no usable model."""


class Interrupted(KubenasError):
    """Stopped by a signal; the same command resumes."""

    exit_code: ClassVar[int] = 130


class StorageError(UserError):
    """A storage operation failed. The message names the URI and the remedy."""


class ObjectExists(StorageError):
    """The object already exists, so it was not created."""


class ObjectNotFound(StorageError):
    """The object does not exist."""


class DocumentUnusable(StorageError):
    """An object has invalid content. The message names the problem and the remedy."""


class ObjectTooLarge(DocumentUnusable):
    """An object exceeds the size limit of its reader."""


class StorageFull(StorageError):
    """The store has no space or quota left."""


class StorageDenied(StorageError):
    """The credentials do not permit the operation."""


class StorageUnreachable(StorageError):
    """The store did not answer or was too busy, even after retries; a later try may succeed."""

    exit_code: ClassVar[int] = 1


class CacheTooSmall(StorageError):
    """The local cache has no room for the data to be staged."""
