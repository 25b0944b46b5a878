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
    "num_heads",
    "output_dim",
    "padding",
    "pool_size",
    "rate",
    "strides",
    "units",
)
_MASKS = ("mask", "attention_mask")
"""Arguments that say which values count: they carry no values of their own."""
_SHAPE_ONLY = ("OnesLike", "ZerosLike")
"""Operations that take only the shape of their input."""


def describe_architecture(model: keras.Model) -> dict[str, Any]:
    """Returns ``{"layers": [{name, class, output_shape, parameters, inbound, config}, ...]}``.

    Shapes omit the batch dimension and are null if Keras does not know them. ``inbound`` lists the
    layers whose outputs are the inputs of a layer, directly or through operations that are no
    layers. It is empty for subclassed models. A bidirectional layer has the class and the settings
    of one direction.
    """
    inbound = _inbound(model)
    return {"layers": [_describe(layer, inbound) for layer in model.layers]}


def _describe(layer: keras.Layer, inbound: dict[str, list[str]]) -> dict[str, Any]:
    shown = layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer
    config = _config(shown)
    return {
        "name": layer.name,
        "class": type(shown).__name__,
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
    sources = {
        layer["name"]: set(_sources(_calls(layer)))
        for layer in _config(model).get("layers", [])
        if "inbound_nodes" in layer
    }
    layers = {layer.name for layer in model.layers}
    return {name: sorted(_layers_before(name, sources, layers)) for name in sources}


def _layers_before(name: str, sources: dict[str, set[str]], layers: set[str]) -> set[str]:
    """Returns the nearest layers before ``name``, passing over operations such as a slice."""
    found: set[str] = set()
    seen: set[str] = set()
    pending = [*sources[name]]
    while pending:
        before = pending.pop()
        if before in layers:
            found.add(before)
        elif before not in seen:
            seen.add(before)
            pending += sources.get(before, set())
    return found


def _calls(layer: dict[str, Any]) -> list[Any]:
    """Returns the serialised calls of a layer or operation, reduced to what carries values."""
    calls: list[Any] = layer["inbound_nodes"]
    if layer["class_name"] == "Where":
        return [call["args"][1:] for call in calls]  # without the condition
    return [] if layer["class_name"] in _SHAPE_ONLY else calls


def _sources(value: Any) -> Iterator[str]:
    """Yields the names of the layers that produce the tensors of a serialised call."""
    match value:
        case {"keras_history": [str() as name, *_]}:
            yield name
        case dict():
            for name, member in value.items():
                if name not in _MASKS:
                    yield from _sources(member)
        case list() | tuple():
            for member in value:
                yield from _sources(member)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(member, int | float) for member in value)
    return isinstance(value, str | int | float)
