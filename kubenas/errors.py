"""Errors for people. Each says in one line what was wrong, where, and what to do."""

from typing import ClassVar


class KubenasError(Exception):
    """Base of every error that kubenas raises on purpose.

    ``exit_code`` is what the command line exits with: 1, the run was sound and failed.
    """

    exit_code: ClassVar[int] = 1


class UserError(KubenasError):
    """A mistake in what the user gave: config, data, space or environment."""

    exit_code: ClassVar[int] = 2


class SearchFailed(KubenasError):
    """The search ran and came to no usable model."""


class Interrupted(KubenasError):
    """Stopped from outside; the same command resumes."""

    exit_code: ClassVar[int] = 130


class StorageError(UserError):
    """The store refused; the message names the URI and the remedy."""


class ObjectExists(StorageError):
    """Create-if-absent lost: someone else has written the object."""


class ObjectNotFound(StorageError):
    """There is no object at this URI."""


class DocumentUnusable(StorageError):
    """An object holds something else than it should; the message says what, and the remedy."""


class ObjectTooLarge(DocumentUnusable):
    """An object holds more bytes than whoever reads it takes."""


class StorageFull(StorageError):
    """No space or quota left where the store keeps its bytes."""


class StorageDenied(StorageError):
    """The store does not permit this to these credentials."""


class StorageUnreachable(StorageError):
    """The store did not answer, or was too busy, for as long as it was asked; it may yet."""

    exit_code: ClassVar[int] = 1


class CacheTooSmall(StorageError):
    """What is to be staged is larger than the local cache has room for."""
