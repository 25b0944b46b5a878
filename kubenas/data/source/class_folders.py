"""Assigns image files to classes by the names of their folders. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubenas.data.dataset.schema import SplitName
from kubenas.data.source.given_splits import split_named
from kubenas.data.source.image_decoding import SUFFIXES
from kubenas.data.source.names import check_name
from kubenas.errors import UserError

_SYSTEM_FILES = {"thumbs.db", "desktop.ini", "__macosx"}


@dataclass(frozen=True)
class ClassFolders:
    """The image files of each class."""

    classes: tuple[str, ...]
    images: tuple[str, ...]
    """Names of the image files, grouped by class."""
    labels: tuple[int, ...]
    """The class index of each image."""
    splits: tuple[SplitName | None, ...]
    """The split of each image; None if the source has no splits."""
    ignored: tuple[str, ...]
    """Files outside of the class folders."""


def find_class_folders(
    files: Sequence[str], folders: Sequence[str], *, origin: str
) -> ClassFolders:
    """Finds the class folders and their images.

    Class folders may lie in folders for the splits: train, test and validation. A single folder
    around everything is skipped. Hidden files and files that operating systems create are ignored.

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
    loose = _children(files, root)
    roots = _split_roots(folders, root, origin)
    loose += [
        f"{part[len(root) :]}{name}"
        for part in roots
        if part != root
        for name in _children(files, part)
    ]
    members = list(_members(files, folders, roots, origin))
    classes = sorted({name for part in roots for name in _children(folders, part)})
    _check_classes(classes, {name for _, name, _ in members}, len(loose), origin)
    labels = {name: label for label, name in enumerate(classes)}
    members.sort(key=lambda member: labels[member[1]])
    return ClassFolders(
        classes=tuple(classes),
        images=tuple(image for image, _, _ in members),
        labels=tuple(labels[name] for _, name, _ in members),
        splits=tuple(split for _, _, split in members),
        ignored=tuple(loose),
    )


def _members(
    files: Sequence[str],
    folders: Sequence[str],
    roots: Mapping[str, SplitName | None],
    origin: str,
) -> Iterator[tuple[str, str, SplitName | None]]:
    """Yields the name, the class and the split of each image."""
    for root, split in roots.items():
        _check_depth(folders, root, origin)
        for name, group in _group_files(files, root, _children(folders, root), origin).items():
            yield from ((image, name, split) for image in group)


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


def _check_classes(classes: list[str], filled: set[str], loose: int, origin: str) -> None:
    if not classes:
        raise UserError(
            f"{origin}: no class folders, only {loose} files;"
            " put the images of each class into a folder of its own, <class>/<image>"
        )
    for name in classes:
        if name not in filled:
            raise UserError(
                f"{origin}: class folder '{name}' is empty; add images or remove the folder"
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


def _check_depth(folders: Sequence[str], root: str, origin: str) -> None:
    deeper = [name for name in folders if name.startswith(root) and "/" in name[len(root) :]]
    if deeper:
        raise UserError(
            f"{origin}: '{deeper[0]}' is a folder inside a class folder;"
            " put the images directly into their class folder"
        )


def _group_files(
    files: Sequence[str], root: str, classes: list[str], origin: str
) -> dict[str, list[str]]:
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
    return groups
