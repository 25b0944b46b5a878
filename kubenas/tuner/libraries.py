"""Whose code a module is: the user's own, or a library's."""

import site
import sys
import sysconfig
import types
from pathlib import Path

_HERE = __name__.partition(".")[0]
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


def is_library(module: str | None) -> bool:
    """Whether the module of this name is no code of the user's: installed, built in or ours."""
    if module is None or module == "__main__":
        return False
    if module.partition(".")[0] == _HERE:
        return True
    loaded = sys.modules.get(module)
    if loaded is None:
        return False  # made by hand, as a notebook's extension does
    file = getattr(loaded, "__file__", None)
    places = [file] if file else list(getattr(loaded, "__path__", ()))  # a package without a file
    return not places or any(map(_installed, places))


def _installed(place: str) -> bool:
    parents = Path(place).resolve().parents
    named = _OF_PACKAGES.intersection(Path(place).parts)
    return bool(named) or any(folder in parents for folder in _FOLDERS)


def modules_beside_the_caller() -> list[types.ModuleType]:
    """Loaded modules of the user's own whose files lie beside the script or the notebook, or below.

    Trial processes cannot import them: they do not begin where the caller did.
    """
    main = getattr(sys.modules["__main__"], "__file__", None)
    folder = Path(main).resolve().parent if main else Path.cwd()
    return [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, types.ModuleType) and _beside(module, folder)
        if name != "__main__" and module.__name__ == name and not is_library(name)
    ]


def _beside(module: types.ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and folder in Path(file).resolve().parents
