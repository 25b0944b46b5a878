"""A user's folder on Python's path. Runs his code: for trial processes only."""

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

_folders: list[str] = []
"""That are on the path. One at a time: each attempt has its own version of the code."""


def import_fresh(folder: Path, module: str) -> ModuleType:
    """The top-level ``module`` of ``folder``, for which its other modules are found, too.

    Nothing of an earlier call is left, so that modules of one search are not taken for those of
    another that are called the same.

    Raises:
        Exception: whatever the module raises.
    """
    _forget()
    # The folder belongs to a store, which keeps what it has been given and no more.
    sys.dont_write_bytecode = True
    _folders.append(str(folder))
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    for name in _names_in([folder]):  # imported from there by another way
        del sys.modules[name]
    return importlib.import_module(module)


def modules_in(folder: Path) -> list[ModuleType]:
    """The imported modules that lie in ``folder``."""
    return [sys.modules[name] for name in _names_in([folder])]


def locate_error(folder: Path, error: BaseException) -> tuple[str, int] | None:
    """The file of ``folder``, by its name in it, and the line where ``error`` arose.

    The innermost one; None: in none of them.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(folder) and frame.lineno is not None:
            return path.relative_to(folder).as_posix(), frame.lineno
    return None


def _forget() -> None:
    for name in _names_in([Path(each) for each in _folders]):
        del sys.modules[name]
    sys.path[:] = [each for each in sys.path if each not in _folders]
    _folders.clear()


def _names_in(folders: list[Path]) -> list[str]:
    return [
        name
        for name, module in list(sys.modules.items())
        if any(place.is_relative_to(folder) for place in _places(module) for folder in folders)
    ]


def _places(module: ModuleType) -> list[Path]:
    """The module's file; the folders of a package without one."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return [Path(file)]
    return [Path(each) for each in getattr(module, "__path__", [])]
