"""The layers of a model as JSON, for reports and plots: architecture.json."""

import itertools
from collections.abc import Iterator
from typing import Any

import keras

ARCHITECTURE_FILE = "architecture.json"
_SHOWN = (
    "activation",
    "depth_multiplier",
    "dilation_rate",
    "filters",
    "groups",
    "kernel_size",
    "momentum",
    "padding",
    "pool_size",
    "rate",
    "strides",
    "units",
)


def describe_architecture(model: keras.Model) -> dict[str, Any]:
    """Returns ``{"layers": [{name, class, output_shape, parameters, inbound, config}, ...]}``.

    Shapes omit the batch dimension and are null if Keras does not know them. ``inbound`` lists the
    layers whose outputs are the inputs of a layer. It is empty for subclassed models.
    """
    inbound = _inbound(model)
    return {"layers": [_describe(layer, inbound) for layer in model.layers]}


def _describe(layer: keras.Layer, inbound: dict[str, list[str]]) -> dict[str, Any]:
    config = _config(layer)
    return {
        "name": layer.name,
        "class": type(layer).__name__,
        "output_shape": _output_shape(layer),
        "parameters": layer.count_params() if layer.built else None,
        "inbound": inbound.get(layer.name, []),
        "config": {key: config[key] for key in _SHOWN if _is_plain(config.get(key))},
    }


def _output_shape(layer: keras.Layer) -> list[int | None] | None:
    try:
        return list(layer.output.shape[1:])
    except AttributeError:  # not part of a functional graph, or several outputs
        return None


def _config(layer: keras.Layer) -> dict[str, Any]:
    try:
        return dict(layer.get_config())
    except (
        NotImplementedError,
        TypeError,
        ValueError,
    ):  # a user-defined layer without get_config()
        return {}


def _inbound(model: keras.Model) -> dict[str, list[str]]:
    if isinstance(model, keras.Sequential):
        names = [layer.name for layer in model.layers]
        return {name: [before] for before, name in itertools.pairwise(names)}
    return {
        layer["name"]: sorted(set(_sources(layer["inbound_nodes"])))
        for layer in _config(model).get("layers", [])
        if "inbound_nodes" in layer
    }


def _sources(value: Any) -> Iterator[str]:
    """Yields the names of the layers that produce the tensors of a serialised call."""
    match value:
        case {"keras_history": [str() as name, *_]}:
            yield name
        case dict():
            for member in value.values():
                yield from _sources(member)
        case list() | tuple():
            for member in value:
                yield from _sources(member)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(member, int | float) for member in value)
    return isinstance(value, str | int | float)
