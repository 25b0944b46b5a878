"""Imports from a user's folder. Runs user code: for trial processes only."""

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType

_folders: list[str] = []
"""User folders on ``sys.path``: at most one, since each attempt has its own version of the code."""


def import_fresh(folder: Path, module: str) -> ModuleType:
    """Imports the top-level ``module`` of ``folder``, which may import other modules from there.

    Modules of an earlier call are removed first, since another search may use the same names.

    Raises:
        Exception: any exception that the module raises.
    """
    _forget()
    # The folder belongs to a store: do not write bytecode into it.
    sys.dont_write_bytecode = True
    _folders.append(str(folder))
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    for name in _names_in([folder]):  # imported from the folder in another way
        del sys.modules[name]
    return importlib.import_module(module)


def modules_in(folder: Path) -> list[ModuleType]:
    """Returns the imported modules in ``folder``."""
    return [sys.modules[name] for name in _names_in([folder])]


def locate_error(folder: Path, error: BaseException) -> tuple[str, int] | None:
    """Returns file and line of the innermost frame of ``error`` in ``folder``.

    The file is relative to ``folder``. None: no frame is in ``folder``.
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
    """Returns the module's file, or the folders of a namespace package."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return [Path(file)]
    return [Path(each) for each in getattr(module, "__path__", [])]
