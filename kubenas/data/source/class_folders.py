"""Assigns files to classes by the names of their folders. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source.given_splits import split_named
from kubenas.data.source.image_decoding import SUFFIXES
from kubenas.data.source.names import check_name
from kubenas.errors import UserError

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True)
class FileKind:
    """The files that belong into class folders."""

    noun: str
    """The plural, for error messages."""
    suffixes: tuple[str, ...]
    format: str
    """What the files must be, for error messages."""


IMAGES = FileKind("images", SUFFIXES, f"in a supported image format ({' '.join(SUFFIXES)})")
TEXTS = FileKind("texts", (".txt",), "a .txt file")


@dataclass(frozen=True)
class ClassFolders:
    """The files of each class."""

    classes: tuple[str, ...]
    files: tuple[str, ...]
    """Names of the files, grouped by class."""
    labels: tuple[int, ...]
    """The class index of each file."""
    splits: tuple[SplitName | None, ...]
    """The split of each file; None if the source has no splits."""
    ignored: tuple[str, ...]
    """Files outside of the class folders."""

    @property
    def own_splits(self) -> tuple[SplitName, ...]:
        """The splits of the source, in order; empty if it has none."""
        return tuple(split for split in SPLITS if split in self.splits)

    def warnings(self) -> tuple[str, ...]:
        """Returns a warning about files that are ignored, if there are."""
        if not self.ignored:
            return ()
        return (f"{len(self.ignored)} files outside class folders ignored: {self.ignored[0]}, ...",)


def holds_texts(files: Iterable[str]) -> bool:
    """Whether some folders hold .txt files and none hold images.

    Args:
        files: names of all files, relative to the source.
    """
    below = [name.lower() for name in files if "/" in name and not is_hidden(name)]
    return any(name.endswith(TEXTS.suffixes) for name in below) and not any(
        name.endswith(IMAGES.suffixes) for name in below
    )


def find_class_folders(
    files: Sequence[str], folders: Sequence[str], *, origin: str, kind: FileKind = IMAGES
) -> ClassFolders:
    """Finds the class folders and their files.

    Class folders may lie in folders for the splits: train, test and validation. A single folder
    around everything is skipped. Hidden files and files that operating systems create are ignored.

    Args:
        files: sorted names of all files, relative to the source.
        folders: sorted names of all folders, relative to the source.
        origin: the source, for error messages.
        kind: the files that belong into the class folders.

    Raises:
        UserError: There are no class folders, or they contain other files.
    """
    files = [name for name in files if not is_hidden(name)]
    for name in files:
        check_name(name, origin=origin, what="the name", remedy="rename the file or its folder")
    folders = [name for name in folders if not is_hidden(name)]
    root = _find_root(files, folders)
    loose = _children(files, root)
    roots = _split_roots(folders, root, origin)
    loose += [
        f"{part[len(root) :]}{name}"
        for part in roots
        if part != root
        for name in _children(files, part)
    ]
    members = list(_members(files, folders, roots, origin, kind))
    classes = sorted({name for part in roots for name in _children(folders, part)})
    _check_classes(classes, {name for _, name, _ in members}, len(loose), origin, kind)
    labels = {name: label for label, name in enumerate(classes)}
    members.sort(key=lambda member: labels[member[1]])
    return ClassFolders(
        classes=tuple(classes),
        files=tuple(name for name, _, _ in members),
        labels=tuple(labels[name] for _, name, _ in members),
        splits=tuple(split for _, _, split in members),
        ignored=tuple(loose),
    )


def _members(
    files: Sequence[str],
    folders: Sequence[str],
    roots: Mapping[str, SplitName | None],
    origin: str,
    kind: FileKind,
) -> Iterator[tuple[str, str, SplitName | None]]:
    """Yields the name, the class and the split of each file."""
    for root, split in roots.items():
        _check_depth(folders, root, origin, kind)
        classes = _children(folders, root)
        for name, group in _group_files(files, root, classes, origin, kind).items():
            yield from ((file, name, split) for file in group)


def _split_roots(folders: Sequence[str], root: str, origin: str) -> dict[str, SplitName | None]:
    """Returns the folders around class folders, with their splits."""
    names = _children(folders, root)
    splits = [split_named(name) for name in names]
    deeper = any(name.startswith(root) and "/" in name[len(root) :] for name in folders)
    if not names or not all(splits) or not deeper:
        return {root: None}
    if "train" not in splits or len(set(splits)) < len(splits):
        raise UserError(
            f"{origin}: the class folders are in {', '.join(names)}; name the folders of the splits"
            " train, validation and test, of which train is needed"
        )
    return {f"{root}{name}/": split for name, split in zip(names, splits, strict=True)}


def _check_classes(
    classes: list[str], filled: set[str], loose: int, origin: str, kind: FileKind
) -> None:
    if not classes:
        raise UserError(
            f"{origin}: no class folders, only {loose} files;"
            f" put the {kind.noun} of each class into a folder of its own,"
            f" <class>/<{kind.noun[:-1]}>"
        )
    for name in classes:
        if name not in filled:
            raise UserError(
                f"{origin}: class folder '{name}' is empty; add {kind.noun} or remove the folder"
            )


def is_hidden(name: str) -> bool:
    """Whether a file or folder, or a folder around it, is hidden or made by the system."""
    return any(part.startswith(".") or part.lower() in _SYSTEM_FILES for part in name.split("/"))


def _find_root(files: Sequence[str], folders: Sequence[str]) -> str:
    """Returns the prefix of the innermost folder that contains all class folders."""
    root = ""
    while len(inner := _children(folders, root)) == 1:
        wrapper = f"{root}{inner[0]}/"
        if _children(files, root) or not _children(folders, wrapper):
            break
        root = wrapper
    return root


def _children(names: Sequence[str], root: str) -> list[str]:
    below = (name.removeprefix(root) for name in names if name.startswith(root))
    return sorted(name for name in below if "/" not in name)


def _check_depth(folders: Sequence[str], root: str, origin: str, kind: FileKind) -> None:
    deeper = [name for name in folders if name.startswith(root) and "/" in name[len(root) :]]
    if deeper:
        raise UserError(
            f"{origin}: '{deeper[0]}' is a folder inside a class folder;"
            f" put the {kind.noun} directly into their class folder"
        )


def _group_files(
    files: Sequence[str], root: str, classes: list[str], origin: str, kind: FileKind
) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {name: [] for name in classes}
    for name in files:
        folder = name[len(root) :].rpartition("/")[0]
        if not name.startswith(root) or not folder:
            continue
        if not name.lower().endswith(kind.suffixes):
            raise UserError(
                f"{origin}: '{name}' is not {kind.format};"
                " convert it or remove it from the class folder"
            )
        groups[folder].append(name)
    return groups
