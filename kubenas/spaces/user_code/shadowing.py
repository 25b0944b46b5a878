"""A check for user modules that would shadow installed ones."""

import site
import sys
import sysconfig
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import PurePosixPath

from kubenas.errors import UserError


def check_shadowing(names: Iterable[str]) -> None:
    """Checks the files ``names``, relative to a user's folder.

    Raises:
        UserError: a module has the name of an installed package or of Python's own library.
    """
    for name in sorted(names):
        path = PurePosixPath(name)
        alone = path.suffix == ".py" and len(path.parts) == 1
        package = path.name == "__init__.py" and len(path.parts) == 2
        module = path.stem if alone else path.parts[0]
        if (alone or package) and (other := describe_installed(module)):
            raise UserError(
                f"space.hypermodel: {name} would be imported instead of {other} '{module}'; give it"
                " another name"
            )


def describe_installed(module: str) -> str | None:
    """Describes the top-level ``module`` that is installed, or returns None if there is none."""
    if module in sys.stdlib_module_names:
        return "Python's own module"
    if module == "kubenas":
        return "the package"
    # Not sys.path: PYTHONPATH or the working directory may be the user's folder.
    paths = sysconfig.get_paths()
    spec = PathFinder.find_spec(
        module, [paths["purelib"], paths["platlib"], site.getusersitepackages()]
    )
    return "the installed package" if spec is not None and spec.origin is not None else None
