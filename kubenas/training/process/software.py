"""Versions of the software in this process, recorded in the result for reproducibility."""

import platform
from importlib.metadata import PackageNotFoundError, version

from kubenas import __version__

_PACKAGES = ("keras", "keras-tuner", "numpy", "tensorflow", "tensorflow-cpu")


def software() -> dict[str, str]:
    """Returns the versions of kubenas, Python and the installed frameworks by package."""
    found = {"kubenas": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # TensorFlow is installed as one of two packages
    return found
