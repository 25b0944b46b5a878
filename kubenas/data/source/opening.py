"""Opens the data source that ``data.source`` names."""

from collections.abc import Callable
from pathlib import Path

from kubenas.data.source.bundled import DigitsSource
from kubenas.data.source.class_folders import holds_texts
from kubenas.data.source.example_source import ExampleSource
from kubenas.data.source.file_access import translate_read_errors
from kubenas.data.source.file_tree import FileTree, FolderFiles, ZipFiles
from kubenas.data.source.image_folders import ImageFolderSource
from kubenas.data.source.npz import NpzSource
from kubenas.data.source.texts.columns import AUTOMATIC, Columns
from kubenas.data.source.texts.table_parts import is_table, names_of_table, tables_in_folders
from kubenas.data.source.texts.text_folders import TextFolderSource
from kubenas.data.source.texts.text_table import TextTableSource
from kubenas.errors import ObjectNotFound, UserError
from kubenas.storage import open_storage, split

_BUNDLED: dict[str, Callable[[], ExampleSource]] = {"digits": DigitsSource}
_REMEDIES = {
    ".json": "save one JSON object a line as .jsonl",
    ".parquet": "save it as .csv or .jsonl, for example with"
    " pandas.read_parquet(...).to_json('set.jsonl', orient='records', lines=True)",
    ".xlsx": "save it as .csv",
}
_FORMATS = (
    "give an .npz with x and y, a table of texts (.csv, .tsv or .jsonl, also .gz), a folder or .zip"
    " with a folder of images or .txt files per class, or 'digits'"
)


def open_source(location: str, columns: Columns = AUTOMATIC) -> ExampleSource:
    """Returns the data source at a path or URI, or the bundled data source of this name.

    Args:
        location: a path, a URI, or the name of a bundled data source.
        columns: the columns of a table that the config names.

    Raises:
        UserError: The location does not exist, its format is not supported, or ``columns`` are
            given and it is no table.
    """
    source = _BUNDLED[location]() if location in _BUNDLED else _open_path(location, columns)
    if columns != AUTOMATIC and not isinstance(source, TextTableSource):
        given = {"data.target": columns.target, "data.features": columns.features}
        fields = " and ".join(name for name, value in given.items() if value)
        raise UserError(
            f"{location}: {fields} name columns of a table, but this is no .csv, .tsv or"
            " .jsonl file; remove them"
        )
    return source


def _open_path(location: str, columns: Columns) -> ExampleSource:
    path = _local_path(location)
    with translate_read_errors(path):
        path.stat()
        is_folder = path.is_dir()
    if is_folder:
        return _open_folder(path, columns)
    if is_table(path.name):
        return TextTableSource(path, columns)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return NpzSource(path)
    if suffix == ".zip":
        return _open_archive(ZipFiles(path))
    raise UserError(
        f"{path}: cannot read a '{path.suffix}' file; {_REMEDIES.get(suffix, _FORMATS)}"
    )


def _open_folder(path: Path, columns: Columns) -> ExampleSource:
    files = FolderFiles(path)
    if names := names_of_table(*files.names()):
        return TextTableSource(path, columns, names)
    if nested := tables_in_folders(files.names()[0]):
        raise UserError(
            f"{path}: the tables are in folders, such as '{nested[0]}'; name the folder of the"
            " tables in data.source"
        )
    return _open_class_folders(files)


def _open_archive(files: FileTree) -> ExampleSource:
    names, folders = files.names()
    if names_of_table(names, folders) or tables_in_folders(names):
        raise UserError(
            f"{files.path}: tables in a .zip are not read; unpack it, or compress each table with"
            " gzip"
        )
    return _open_class_folders(files)


def _open_class_folders(files: FileTree) -> ExampleSource:
    names, _ = files.names()
    return TextFolderSource(files) if holds_texts(names) else ImageFolderSource(files)


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
