"""Checks of the versions of Python and of the main dependencies."""

import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from kubenas.doctor.finding import Finding, ok, problem

_SHOWN = ("keras", "keras-tuner", "kfp")
_TENSORFLOW = ("tensorflow", "tensorflow-cpu")
_PYTHON = ">=3.11,<3.14"


def check_software() -> list[Finding]:
    """Checks the versions of Python, TensorFlow and the main dependencies."""
    installed = {name: found for name in (*_TENSORFLOW, *_SHOWN) if (found := _version(name))}
    python = ".".join(str(part) for part in sys.version_info[:3])
    return assess_software(python, installed, requires("kubenas") or ())


def assess_software(
    python: str, installed: Mapping[str, str], wanted: Iterable[str]
) -> list[Finding]:
    """Assesses given versions.

    Args:
        python: version of Python.
        installed: versions by package; only installed packages.
        wanted: requirements of kubenas, from its metadata.
    """
    allowed = {each.name: each.specifier for each in map(Requirement, wanted)}
    tensorflow = next((name for name in _TENSORFLOW if name in installed), _TENSORFLOW[0])
    return [
        _assess("python", python, SpecifierSet(_PYTHON), "recreate the environment with it"),
        *(
            _assess(name, installed.get(name), allowed.get(name, SpecifierSet()), remedy)
            for name, remedy in (
                (tensorflow, "pip install 'kubenas[cpu]' or 'kubenas[gpu]'"),
                *((name, "pip install --upgrade kubenas") for name in _SHOWN),
            )
        ),
    ]


def _assess(name: str, found: str | None, allowed: SpecifierSet, remedy: str) -> Finding:
    if found is None:
        return problem(name, f"not installed; {remedy}")
    if not allowed.contains(found, prereleases=True):
        return problem(name, f"{found} is installed, but {allowed} is required; {remedy}")
    return ok(name, found)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
