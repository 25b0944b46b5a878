"""Which files are a library's: of Python itself, or of a package that is installed."""

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
"""Folders of installed packages, wherever they are."""


def is_library_file(file: str) -> bool:
    """Whether ``file``, a path, is none that a user wrote."""
    path = Path(file)
    named = _OF_PACKAGES.intersection(path.parts)
    return bool(named) or any(folder in path.resolve().parents for folder in _FOLDERS)
