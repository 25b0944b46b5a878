"""kubenas: neural architecture search on Kubeflow."""

import importlib
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``kubenas.Tuner``, which imports TensorFlow when it is first used."""
    if name == "Tuner":
        return importlib.import_module("kubenas.tuner").Tuner
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
