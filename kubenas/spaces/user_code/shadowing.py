"""Modules of a user's folder that would be found instead of others of the same name."""

import site
import sys
import sysconfig
from collections.abc import Iterable
from importlib.machinery import PathFinder
from pathlib import PurePosixPath

from kubenas.errors import UserError


def check_shadowing(names: Iterable[str]) -> None:
    """Checks the files ``names`` of a user's folder, relative to it.

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
    """What the top-level ``module`` is without any user's folder, in words; None: nothing."""
    if module in sys.stdlib_module_names:
        return "Python's own module"
    if module == "kubenas":
        return "this very package,"
    # Not sys.path: a shell's PYTHONPATH or working folder may be the user's folder itself.
    paths = sysconfig.get_paths()
    spec = PathFinder.find_spec(
        module, [paths["purelib"], paths["platlib"], site.getusersitepackages()]
    )
    return "the installed package" if spec is not None and spec.origin is not None else None
