"""Opens the data source that ``data.source`` names."""

from collections.abc import Callable
from pathlib import Path

from kubenas.data.source.bundled import DigitsSource
from kubenas.data.source.example_source import ExampleSource
from kubenas.data.source.file_access import translate_read_errors
from kubenas.data.source.image_files import FolderFiles, ZipFiles
from kubenas.data.source.image_folders import ImageFolderSource
from kubenas.data.source.npz import NpzSource
from kubenas.data.source.texts.columns import Columns
from kubenas.errors import ObjectNotFound, UserError
from kubenas.storage import open_storage, split

_BUNDLED: dict[str, Callable[[], ExampleSource]] = {"digits": DigitsSource}
_FILES: dict[str, Callable[[Path], ExampleSource]] = {
    ".npz": NpzSource,
    ".zip": lambda path: ImageFolderSource(ZipFiles(path)),
}


def open_source(location: str, columns: Columns = Columns()) -> ExampleSource:
    """Returns the data source at a path or URI, or the bundled data source of this name.

    Raises:
        UserError: The location does not exist, or its format is not supported.
    """
    if location in _BUNDLED:
        return _BUNDLED[location]()
    path = _local_path(location)
    with translate_read_errors(path):
        path.stat()
        if path.is_dir():
            return ImageFolderSource(FolderFiles(path))
    if path.suffix.lower() not in _FILES:
        raise UserError(
            f"{path}: cannot read a '{path.suffix}' file; give an .npz with x and y, a folder or"
            " .zip with a folder of images per class, or 'digits'"
        )
    return _FILES[path.suffix.lower()](path)


def _local_path(location: str) -> Path:
    """Returns the local path of the data. Data in a bucket are staged first."""
    scheme, separator, rest = location.partition("://")
    if not separator:
        return Path(location)
    if scheme == "file":
        return Path(rest)
    folder, name = split(location)
    try:
        return open_storage(folder).stage(name)
    except ObjectNotFound as error:
        raise UserError(
            f"data.source: {location}: no such object or folder; correct data.source"
        ) from error
