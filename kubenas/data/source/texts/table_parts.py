"""Finds the files of a table: one file, or all files of a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source.class_folders import IMAGES, TEXTS, FileKind, is_hidden
from kubenas.data.source.given_splits import split_named
from kubenas.data.source.texts.delimited import DelimitedFile
from kubenas.data.source.texts.json_lines import JsonLinesFile
from kubenas.data.source.texts.table_file import TableFile
from kubenas.errors import UserError

_FORMATS: dict[str, Callable[[Path], TableFile]] = {
    ".csv": lambda path: DelimitedFile(path, ","),
    ".tsv": lambda path: DelimitedFile(path, "\t"),
    ".jsonl": JsonLinesFile,
    ".ndjson": JsonLinesFile,
}
TABLE_SUFFIXES = tuple(f"{suffix}{packed}" for packed in ("", ".gz") for suffix in _FORMATS)


class TablePart(NamedTuple):
    """One file of a table."""

    file: TableFile
    split: SplitName | None
    """The split that the file is named for; None: the files are no splits."""


def is_table(name: str) -> bool:
    """Whether a file with this name has a table."""
    return name.lower().endswith(TABLE_SUFFIXES)


def names_of_table(files: Sequence[str], folders: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of the visible files if a folder has a table.

    Args:
        files: names of all files, relative to the folder.
        folders: names of all folders in it.

    Returns:
        Nothing if the folder has no tables, or has folders or images beside them.
    """
    visible = tuple(name for name in files if not is_hidden(name))
    if not all(map(is_hidden, folders)) or not any(map(is_table, visible)):
        return ()
    return () if _has_examples(visible) else visible


def tables_in_folders(files: Sequence[str]) -> list[str]:
    """Returns the tables if they are in folders, without images or .txt files.

    Args:
        files: names of all files, relative to the source.
    """
    below = [name for name in files if "/" in name and not is_hidden(name)]
    return [] if _has_examples(below, TEXTS) else [name for name in below if is_table(name)]


def table_parts(path: Path, names: list[str]) -> list[TablePart]:
    """Returns the files of a table, in the order of the splits or of their names.

    Args:
        path: the file, or the folder.
        names: the names of the files in the folder; empty: ``path`` is a file.

    Raises:
        UserError: The files have different formats or columns, or not all are named for splits.
    """
    if not names:
        return [TablePart(_open_table(path), None)]
    _check_formats(path, names)
    splits = _splits(path, names)
    order = sorted(names, key=lambda name: (_position(splits[name]), name))
    parts = [TablePart(_open_table(path / name), splits[name]) for name in order]
    _check_columns(path, parts)
    return parts


def _has_examples(names: Sequence[str], *kinds: FileKind) -> bool:
    """Whether there are images, or files of ``kinds``, which class folders may have."""
    suffixes = tuple(suffix for kind in (IMAGES, *kinds) for suffix in kind.suffixes)
    return any(name.lower().endswith(suffixes) for name in names)


def _open_table(path: Path) -> TableFile:
    _, suffix = _split_name(path.name)
    return _FORMATS[suffix](path)


def _split_name(name: str) -> tuple[str, str]:
    """Returns the name without its suffixes, and the suffix of the format in lower case."""
    plain = name[: -len(".gz")] if name.lower().endswith(".gz") else name
    stem, _, suffix = plain.rpartition(".")
    return stem, f".{suffix.lower()}"


def _check_formats(path: Path, names: list[str]) -> None:
    first, *others = names
    for name in others:
        if _FORMATS[_split_name(name)[1]] is not _FORMATS[_split_name(first)[1]]:
            raise UserError(
                f"{path}: '{first}' and '{name}' have different formats; save all tables of a"
                " folder in one format, or name one file in data.source"
            )
    stems: dict[str, str] = {}
    for name in names:
        stem = _split_name(name)[0]
        if stem in stems:
            raise UserError(
                f"{path}: '{stems[stem]}' and '{name}' seem to be one table; remove one of them"
            )
        stems[stem] = name


def _splits(path: Path, names: list[str]) -> dict[str, SplitName | None]:
    """Returns the split of each file. None are splits if there is only one file."""
    splits = {name: split_named(_split_name(name)[0]) for name in names}
    if len(names) == 1 or not any(splits.values()):
        return dict.fromkeys(names)
    others = [name for name, split in splits.items() if not split]
    if others:
        named = next(name for name, split in splits.items() if split)
        raise UserError(
            f"{path}: '{named}' is named for a split and '{others[0]}' is not; name all files for"
            " their splits, train, validation and test, or none"
        )
    if "train" not in splits.values() or len(set(splits.values())) < len(names):
        raise UserError(
            f"{path}: the tables are {', '.join(names)}; name one file for each split, train,"
            " validation and test, of which train is needed"
        )
    return splits


def _position(split: SplitName | None) -> int:
    return SPLITS.index(split) if split else 0


def _check_columns(path: Path, parts: list[TablePart]) -> None:
    first, *others = (part.file for part in parts)
    for file in others if isinstance(first, DelimitedFile) else []:
        columns = set(first.columns())
        if differing := columns ^ set(file.columns()):
            column = min(differing)
            owner, other = (first, file) if column in columns else (file, first)
            raise UserError(
                f"{path}: '{owner.path.name}' has a column '{column}' and '{other.path.name}' has"
                " not; give all tables of the folder the same columns, or name one file in"
                " data.source"
            )
