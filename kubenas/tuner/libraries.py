"""Whose code a module is: the user's own, or a library's."""

import sys
import types
from pathlib import Path

from kubenas.training.program.library_files import is_library_file

_KUBENAS = __name__.partition(".")[0]


def is_library(module: str | None) -> bool:
    """Whether the module of this name is no code of the user's: installed, built in or ours."""
    if module is None or module == "__main__":
        return False
    if module.partition(".")[0] == _KUBENAS:
        return True
    loaded = sys.modules.get(module)
    if loaded is None:
        return False  # made by hand, as a notebook's extension does
    file = getattr(loaded, "__file__", None)
    places = [file] if file else list(getattr(loaded, "__path__", ()))  # a package without a file
    return not places or any(map(is_library_file, places))


def caller_modules() -> list[types.ModuleType]:
    """Loaded modules of the user's own whose files lie beside the script or the notebook, or below.

    Trial processes cannot import them: they do not begin where the caller did.
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
