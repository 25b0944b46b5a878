"""Names of files and folders -> which picture is of which class. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.data.source.image_decoding import SUFFIXES
from kubenas.data.source.names import check_name
from kubenas.errors import UserError

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}
_SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation"}


@dataclass(frozen=True)
class ClassFolders:
    """A folder a class, with pictures in it."""

    classes: tuple[str, ...]
    pictures: tuple[str, ...]
    """File names, class by class."""
    labels: tuple[int, ...]
    """The class of each picture."""
    ignored: tuple[str, ...]
    """Files that lie beside the class folders."""


def find_class_folders(
    files: Sequence[str], folders: Sequence[str], *, origin: str
) -> ClassFolders:
    """The class folders among sorted relative names; folders around all of them are skipped.

    Hidden files and what operating systems leave behind are passed over.

    Raises:
        UserError: there are no class folders, or not just pictures in them.
    """
    files = [name for name in files if not _is_hidden(name)]
    for name in files:
        check_name(name, origin=origin, what="the name", remedy="rename the file or its folder")
    folders = [name for name in folders if not _is_hidden(name)]
    root = _root(files, folders)
    classes = _children(folders, root)
    loose = _children(files, root)
    if not classes:
        raise UserError(
            f"{origin}: no class folders in it, {len(loose)} files;"
            " give each class a folder with its pictures, <class>/<picture>"
        )
    _check_depth(folders, root, classes, origin)
    members = [
        (name, label)
        for label, group in enumerate(_grouped(files, root, classes, origin))
        for name in group
    ]
    return ClassFolders(
        classes=tuple(classes),
        pictures=tuple(name for name, _ in members),
        labels=tuple(label for _, label in members),
        ignored=tuple(loose),
    )


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part.lower() in _SYSTEM_FILES for part in name.split("/"))


def _root(files: Sequence[str], folders: Sequence[str]) -> str:
    """The innermost folder that wraps all others, as a prefix."""
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


def _check_depth(folders: Sequence[str], root: str, classes: list[str], origin: str) -> None:
    deeper = [name for name in folders if name.startswith(root) and "/" in name[len(root) :]]
    if not deeper:
        return
    if {name.lower() for name in classes} <= _SPLIT_NAMES:
        raise UserError(
            f"{origin}: holds {', '.join(classes)} with class folders in them; give one set of"
            " class folders, kubenas splits it itself"
        )
    raise UserError(
        f"{origin}: there is a folder inside a class folder, '{deeper[0]}';"
        " put the pictures directly into their class folder"
    )


def _grouped(files: Sequence[str], root: str, classes: list[str], origin: str) -> list[list[str]]:
    groups: dict[str, list[str]] = {name: [] for name in classes}
    for name in files:
        folder = name[len(root) :].rpartition("/")[0]
        if not name.startswith(root) or not folder:
            continue
        if not name.lower().endswith(SUFFIXES):
            raise UserError(
                f"{origin}: '{name}' is no picture that is read here ({' '.join(SUFFIXES)});"
                " convert it or take it out of the class folder"
            )
        groups[folder].append(name)
    for folder, names in groups.items():
        if not names:
            raise UserError(
                f"{origin}: class folder '{folder}' is empty; add pictures or remove the folder"
            )
    return list(groups.values())
