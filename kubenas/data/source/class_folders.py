"""Assigns image files to classes by the names of their folders. Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.data.source.image_decoding import SUFFIXES
from kubenas.data.source.names import check_name
from kubenas.errors import UserError

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}
_SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation"}


@dataclass(frozen=True)
class ClassFolders:
    """The image files of each class."""

    classes: tuple[str, ...]
    images: tuple[str, ...]
    """Names of the image files, grouped by class."""
    labels: tuple[int, ...]
    """The class index of each image."""
    ignored: tuple[str, ...]
    """Files outside of the class folders."""


def find_class_folders(
    files: Sequence[str], folders: Sequence[str], *, origin: str
) -> ClassFolders:
    """Finds the class folders and their images.

    A single folder around all class folders is skipped. Hidden files and files that operating
    systems create are ignored.

    Args:
        files: sorted names of all files, relative to the source.
        folders: sorted names of all folders, relative to the source.
        origin: the source, for error messages.

    Raises:
        UserError: There are no class folders, or they contain other files than images.
    """
    files = [name for name in files if not _is_hidden(name)]
    for name in files:
        check_name(name, origin=origin, what="the name", remedy="rename the file or its folder")
    folders = [name for name in folders if not _is_hidden(name)]
    root = _find_root(files, folders)
    classes = _children(folders, root)
    loose = _children(files, root)
    if not classes:
        raise UserError(
            f"{origin}: no class folders, only {len(loose)} files;"
            " put the images of each class into a folder of its own, <class>/<image>"
        )
    _check_depth(folders, root, classes, origin)
    members = [
        (name, label)
        for label, group in enumerate(_group_files(files, root, classes, origin))
        for name in group
    ]
    return ClassFolders(
        classes=tuple(classes),
        images=tuple(name for name, _ in members),
        labels=tuple(label for _, label in members),
        ignored=tuple(loose),
    )


def _is_hidden(name: str) -> bool:
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


def _check_depth(folders: Sequence[str], root: str, classes: list[str], origin: str) -> None:
    deeper = [name for name in folders if name.startswith(root) and "/" in name[len(root) :]]
    if not deeper:
        return
    if {name.lower() for name in classes} <= _SPLIT_NAMES:
        raise UserError(
            f"{origin}: the class folders are split into {', '.join(classes)}; give one set of"
            " class folders: kubenas splits the data itself"
        )
    raise UserError(
        f"{origin}: '{deeper[0]}' is a folder inside a class folder;"
        " put the images directly into their class folder"
    )


def _group_files(
    files: Sequence[str], root: str, classes: list[str], origin: str
) -> list[list[str]]:
    groups: dict[str, list[str]] = {name: [] for name in classes}
    for name in files:
        folder = name[len(root) :].rpartition("/")[0]
        if not name.startswith(root) or not folder:
            continue
        if not name.lower().endswith(SUFFIXES):
            raise UserError(
                f"{origin}: '{name}' is not in a supported image format ({' '.join(SUFFIXES)});"
                " convert it or remove it from the class folder"
            )
        groups[folder].append(name)
    for folder, names in groups.items():
        if not names:
            raise UserError(
                f"{origin}: class folder '{folder}' is empty; add images or remove the folder"
            )
    return list(groups.values())
