"""Which software this process runs: what a result must tell to be had again."""

import platform
from importlib.metadata import PackageNotFoundError, version

from kubenas import __version__

_PACKAGES = ("keras", "keras-tuner", "numpy", "tensorflow", "tensorflow-cpu")


def software() -> dict[str, str]:
    """Versions of kubenas, of Python and of what kubenas builds on, as far as it is installed."""
    found = {"kubenas": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # TensorFlow comes as one of two packages
    return found
