"""The layers of a model in a file of Keras (.keras), read without Keras.

The file is a zip whose ``config.json`` describes the layers and their connections. Only classes of
Keras are accepted, so loading a file that was read here runs no code of its author.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from kubenas.errors import UserError

Source: TypeAlias = int | float
"""Index of the node whose output is an input (int), or a constant (float)."""

CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.weights.h5"
INPUT = "InputLayer"
_CONFIG_BYTES = 64 << 20
_MODELS = ("Functional", "Sequential", "Model")
_LAYERS, _OPERATIONS = "keras.layers", "keras.src.ops.numpy"
_MODULES = frozenset(
    {
        _LAYERS, _OPERATIONS, "keras", "keras.activations", "keras.constraints",
        "keras.dtype_policies", "keras.initializers", "keras.models", "keras.regularizers",
        "keras.src.models.functional", "keras.src.models.sequential",
    }
)  # fmt: skip
"""Modules whose classes run no code of a file's author."""
_RUNNING_CODE = frozenset({"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"})
"""Layers of Keras that load or run code of a file's author."""
_HARMLESS: tuple[dict[str, bool | None], ...] = ({}, {"mask": None}, {"training": False})
"""Keyword arguments of a call without an effect on a backbone."""


@dataclass(frozen=True)
class Node:
    """A call of a layer or of an operation."""

    path: tuple[str, ...]
    """Name of the layer, after the names of the models that contain it."""
    kind: str
    """Name of the class, such as Conv2D; of an operation in lower case: add or multiply."""
    settings: Mapping[str, Any]
    """The configuration of the layer."""
    inputs: tuple[Source, ...]

    @property
    def name(self) -> str:
        """Name that is unique within the file."""
        return "_".join(self.path)


def read_nodes(path: Path) -> tuple[Node, ...]:
    """Returns the nodes of the model in ``path``, inputs first. The last one is the output.

    Raises:
        UserError: the file is no model of Keras, or it has several inputs or outputs, custom
            layers, or layers that are called more than once or in an unusual way.
    """
    try:
        nodes, config = _Nodes(), _read_config(path)
        nodes.append_model((), config, ())
        _check_modules({key: config[key] for key in ("module", "config")})
        return tuple(nodes.nodes)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UserError(f"{path}: its {CONFIG_FILE} is not one of Keras 3: {error!r}") from error


def _read_config(path: Path) -> Mapping[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            archive.getinfo(WEIGHTS_FILE)
            if archive.getinfo(CONFIG_FILE).file_size > _CONFIG_BYTES:
                raise UserError(f"its {CONFIG_FILE} is too large")
            return dict(json.loads(archive.read(CONFIG_FILE)))
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError) as error:
        raise UserError(
            "not a model that Keras 3 saved; save it with model.save('name.keras')"
        ) from error
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror or error}") from error


def _check_modules(value: Any) -> None:
    """Checks all objects of a configuration, as Keras imports the module that one names."""
    match value:
        case {"module": module} if module not in _MODULES:
            raise UserError(f"it refers to the module '{module}', which a backbone may not use")
        case dict():
            for member in value.values():
                _check_modules(member)
        case list():
            for member in value:
                _check_modules(member)


class _Nodes:
    """Nodes under construction. Models within the model are replaced by their layers."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def append_model(
        self, path: tuple[str, ...], model: Mapping[str, Any], inputs: tuple[Source, ...]
    ) -> int:
        """Appends the nodes of ``model`` and returns the index of its output."""
        kind, config = model["class_name"], model["config"]
        if kind not in _MODELS or "layers" not in config:
            raise UserError(f"a {kind} is not supported; make it a functional or Sequential model")
        if kind == "Sequential":
            return self._append_sequence(path, config["layers"], inputs)
        outputs: dict[str, int] = {}
        start, end = (
            _only(config["input_layers"], "input"),
            _only(config["output_layers"], "output"),
        )
        for layer in _in_order(config["layers"]):
            name = layer["name"]
            given = inputs if name == start else tuple(_sources(layer, outputs))
            outputs[name] = self._append(path, layer, given)
        return outputs[end]

    def _append_sequence(
        self, path: tuple[str, ...], layers: Sequence[Any], inputs: tuple[Source, ...]
    ) -> int:
        for layer in layers:
            inputs = (self._append(path, layer, inputs),)
        return int(inputs[0])

    def _append(
        self, path: tuple[str, ...], layer: Mapping[str, Any], inputs: tuple[Source, ...]
    ) -> int:
        kind, module, config = layer["class_name"], layer["module"], layer["config"]
        below = (*path, config["name"])
        if kind == INPUT and inputs:
            return int(inputs[0])
        if kind in _MODELS and module.startswith("keras"):
            return self.append_model(below, layer, inputs)
        if module == _OPERATIONS:
            kind = kind.lower()
        elif module != _LAYERS or kind in _RUNNING_CODE:
            raise UserError(
                f"layer '{'/'.join(below)}' is a {module}.{kind}, not a plain one of Keras"
            )
        self.nodes.append(Node(below, kind, config, inputs))
        return len(self.nodes) - 1


def _only(references: Any, what: str) -> str:
    """Returns the name of the only input or output layer: ["name", 0, 0] or [["name", 0, 0]]."""
    names = {references[0]} if isinstance(references[0], str) else {name for name, *_ in references}
    if len(names) != 1:
        raise UserError(f"it has {len(names)} {what}s; a backbone has one")
    return str(names.pop())


def _in_order(layers: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yields layers after those whose outputs they need."""
    pending, done = list(layers), set[str]()
    while pending:
        ready = [each for each in pending if set(_needed(each)) <= done]
        if not ready:
            raise UserError("its layers form a circle")
        yield from ready
        done.update(each["name"] for each in ready)
        pending = [each for each in pending if each["name"] not in done]


def _needed(layer: Mapping[str, Any]) -> Iterator[str]:
    for argument in _arguments(layer):
        if isinstance(argument, dict):
            yield argument["config"]["keras_history"][0]


def _sources(layer: Mapping[str, Any], outputs: Mapping[str, int]) -> Iterator[Source]:
    for argument in _arguments(layer):
        if isinstance(argument, dict):
            yield outputs[argument["config"]["keras_history"][0]]
        else:
            yield float(argument)


def _arguments(layer: Mapping[str, Any]) -> Iterator[Any]:
    """Yields the tensors and constants of the only call of ``layer``."""
    calls = layer["inbound_nodes"]
    if not calls:
        return
    if len(calls) > 1:
        raise UserError(f"layer '{layer['name']}' is called more than once")
    if calls[0]["kwargs"] not in _HARMLESS:
        raise UserError(f"layer '{layer['name']}' is called with {', '.join(calls[0]['kwargs'])}")
    for argument in calls[0]["args"]:
        yield from argument if isinstance(argument, list) else [argument]
