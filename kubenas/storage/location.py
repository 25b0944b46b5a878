"""URI -> store, and how URIs are put together and taken apart."""

from pathlib import Path

from kubenas.errors import UserError
from kubenas.storage.directory import DirectoryStorage
from kubenas.storage.protocol import Storage


def open_storage(uri: str) -> Storage:
    """The store for the folder at ``uri``: a path or file://.

    Raises:
        UserError: no store speaks this scheme.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return DirectoryStorage(Path(uri))
    if scheme == "file":
        return DirectoryStorage(Path(rest))
    raise UserError(f"{uri}: cannot store at {scheme}://; give a directory")


def join(uri: str, *names: str) -> str:
    """The URI of an object or folder below ``uri``."""
    return "/".join([uri.rstrip("/"), *(name.strip("/") for name in names)])


def split(uri: str) -> tuple[str, str]:
    """The URI of the folder that holds an object, and the object's name in it."""
    folder, _, name = uri.rstrip("/").rpartition("/")
    return folder, name
