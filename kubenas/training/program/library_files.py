"""Distinction between user files and library files: standard library and installed packages."""

import site
import sysconfig
from pathlib import Path

_FOLDERS = tuple(
    Path(path).resolve()
    for path in {
        *(sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        site.getusersitepackages(),
    }
)
_OF_PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Names of folders with installed packages, at any location."""


def is_library_file(file: str) -> bool:
    """Whether the path ``file`` belongs to Python or to an installed package."""
    path = Path(file)
    named = _OF_PACKAGES.intersection(path.parts)
    return bool(named) or any(folder in path.resolve().parents for folder in _FOLDERS)
