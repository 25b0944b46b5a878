"""The registry of kinds of examples. Modules are imported on demand."""

import importlib
from typing import TYPE_CHECKING

from kubenas.data.dataset.schema import DataSchema, KindName
from kubenas.data.kinds.kind import ExampleKind

if TYPE_CHECKING:  # loads TensorFlow
    from kubenas.data.kinds.tensors import ExampleTensors

_CLASSES: dict[KindName, tuple[str, str]] = {
    "image": ("ImageKind", "ImageTensors"),
    "text": ("TextKind", "TextTensors"),
}
"""The two classes of each kind, in ``kind.py`` and ``tensors.py`` of its folder."""


def example_kind(name: KindName) -> ExampleKind:
    """Returns the kind ``name``."""
    module = importlib.import_module(f"kubenas.data.kinds.{name}.kind")
    kind: ExampleKind = getattr(module, _CLASSES[name][0])()
    return kind


def example_tensors(schema: DataSchema) -> "ExampleTensors":
    """Returns the reader of the examples of a prepared data set. Loads TensorFlow."""
    module = importlib.import_module(f"kubenas.data.kinds.{schema.kind}.tensors")
    tensors: ExampleTensors = getattr(module, _CLASSES[schema.kind][1])(schema)
    return tensors
