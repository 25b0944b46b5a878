"""The rules of .gitignore files."""

from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec


class Gitignore:
    """The .gitignore files that apply to the folder ``root``, including those of its repository.

    If the repository ignores ``root`` itself, only the files below ``root`` apply.
    """

    def __init__(self, root: Path) -> None:
        above = (each for each in (root, *root.parents) if (each / ".git").exists())
        self._top = next(above, root)
        self._spec = cache(_read)
        if root != self._top and self.ignores(root, folder=True):
            self._top = root

    def ignores(self, path: Path, *, folder: bool = False) -> bool:
        """Returns whether the file or folder ``path``, or a folder above it, is ignored."""
        parts = path.relative_to(self._top).parts
        above = (self._top.joinpath(*parts[:depth]) for depth in range(1, len(parts)))
        return any(
            self._is_ignored_by_nearest(each, folder=True) for each in above
        ) or self._is_ignored_by_nearest(path, folder=folder)

    def _is_ignored_by_nearest(self, path: Path, *, folder: bool) -> bool:
        """Returns whether the nearest .gitignore with a matching rule ignores ``path``."""
        for parent in path.parents:
            spec = self._spec(parent / ".gitignore")
            name = path.relative_to(parent).as_posix() + ("/" if folder else "")
            ignored = spec.check_file(name).include if spec else None
            if ignored is not None:
                return ignored
            if parent == self._top:
                break
        return False


def _read(file: Path) -> GitIgnoreSpec | None:
    if not file.is_file():
        return None
    return GitIgnoreSpec.from_lines(file.read_text(errors="replace").splitlines())
