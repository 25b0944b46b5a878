"""Distinction between user modules and library modules."""

import sys
import types
from pathlib import Path

from kubenas.training.program.library_files import is_library_file

_KUBENAS = __name__.partition(".")[0]


def is_library(module: str | None) -> bool:
    """Whether the module is built in, installed or a part of kubenas."""
    if module is None or module == "__main__":
        return False
    if module.partition(".")[0] == _KUBENAS:
        return True
    loaded = sys.modules.get(module)
    if loaded is None:
        return False  # created at run time, for example by a notebook extension
    file = getattr(loaded, "__file__", None)
    places = [file] if file else list(getattr(loaded, "__path__", ()))  # a namespace package
    return not places or any(map(is_library_file, places))


def caller_modules() -> list[types.ModuleType]:
    """Returns the loaded user modules in the folder of the script or notebook, or below it.

    Trial processes cannot import them because they start in another folder.
    """
    main = getattr(sys.modules["__main__"], "__file__", None)
    folder = Path(main).resolve().parent if main else Path.cwd()
    return [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType) and _is_below(module, folder)
        if name != "__main__" and module.__name__ == name and not is_library(name)
    ]


def _is_below(module: types.ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and folder in Path(file).resolve().parents
