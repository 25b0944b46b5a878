"""The graph of boxes of architecture.json. Small layers are folded into the preceding box."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubenas.reporting.formatting import format_value

_FOLDED = {
    "Activation": "",
    "BatchNormalization": "batch norm",
    "Dropout": "dropout",
    "ELU": "elu",
    "GELU": "gelu",
    "LayerNormalization": "layer norm",
    "LeakyReLU": "leaky relu",
    "PReLU": "prelu",
    "ReLU": "relu",
    "Softmax": "softmax",
    "SpatialDropout1D": "spatial dropout",
    "SpatialDropout2D": "spatial dropout",
}
_KINDS = (
    ("input", ("InputLayer",)),
    ("conv", ("Conv", "SeparableConv", "DepthwiseConv")),
    ("pool", ("Pool", "Flatten", "Reshape")),
    ("dense", ("Dense", "LSTM", "GRU", "Attention", "Embedding")),
    ("merge", ("Add", "Concatenate", "Multiply", "Average", "Maximum", "Subtract")),
)
_NAMES = {"InputLayer": "Input", "MultiHeadAttention": "Attention"}


@dataclass(frozen=True)
class Box:
    """A layer with the layers folded into it."""

    name: str
    kind: str
    """input, conv, pool, dense, merge or other; sets the colour."""
    title: str
    extras: tuple[str, ...]
    shape: str
    parameters: int
    inbound: tuple[str, ...]


def build_boxes(architecture: Mapping[str, Any]) -> list[Box]:
    """Returns the boxes in the order of the layers; edges to unknown layers are dropped.

    A layer such as batch normalisation is folded into its input if no other layer uses that input.
    """
    found: dict[str, Box] = {}
    place: dict[str, str] = {}  # layer -> the box it is in
    layers = _linked(architecture.get("layers", []))
    used = [name for layer in layers for name in layer["inbound"]]
    for layer in layers:
        inbound = tuple(dict.fromkeys(place[n] for n in layer["inbound"] if n in place))
        before = layer["inbound"][0] if layer["inbound"] else None
        if layer["class"] in _FOLDED and len(inbound) == 1 and used.count(before) == 1:
            place[layer["name"]] = inbound[0]
            found[inbound[0]] = _fold(found[inbound[0]], layer)
            continue
        place[layer["name"]] = layer["name"]
        found[layer["name"]] = _box(layer, inbound)
    return list(found.values())


def _linked(layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Adds inbound edges to the layers; a file without any edge describes a chain."""
    known = any(layer.get("inbound") for layer in layers)
    linked: list[dict[str, Any]] = []
    for layer in layers:
        inbound = list(layer.get("inbound") or ())
        if not known and linked:
            inbound = [linked[-1]["name"]]
        linked.append({**layer, "inbound": inbound})
    return linked


def _box(layer: Mapping[str, Any], inbound: tuple[str, ...]) -> Box:
    config = layer.get("config") or {}
    activation = config.get("activation")
    return Box(
        name=layer["name"],
        kind=_kind(layer["class"]),
        title=_title(layer["class"], config),
        extras=(activation,) if activation and activation != "linear" else (),
        shape=_shape(layer.get("output_shape")),
        parameters=layer.get("parameters") or 0,
        inbound=inbound,
    )


def _fold(box: Box, layer: Mapping[str, Any]) -> Box:
    config = layer.get("config") or {}
    word = _FOLDED[layer["class"]] or str(config.get("activation", "activation"))
    if "rate" in config:
        word += f" {format_value(config['rate'])}"
    return replace(
        box,
        extras=(*box.extras, word),
        parameters=box.parameters + (layer.get("parameters") or 0),
    )


def _title(kind: str, config: Mapping[str, Any]) -> str:
    words = [_NAMES.get(kind, kind.removesuffix("1D").removesuffix("2D"))]
    words += [str(config[key]) for key in ("filters", "units", "output_dim") if key in config]
    if "num_heads" in config:
        heads = config["num_heads"]
        words.append(f"{heads} head" if heads == 1 else f"{heads} heads")
    for key in ("kernel_size", "pool_size"):
        if key in config:
            words.append(_sides(config[key]))
    if "kernel_size" in config and _sides(config.get("strides", 1)) not in ("1", "1\u00d71"):
        words.append(f"/{_sides(config['strides']).split(chr(215))[0]}")
    return " ".join(words)


def _sides(value: Any) -> str:
    return "\u00d7".join(str(v) for v in value) if isinstance(value, list | tuple) else str(value)


def _shape(shape: Sequence[int | None] | None) -> str:
    if not shape:
        return ""
    return "\u00d7".join("?" if side is None else str(side) for side in shape)


def _kind(name: str) -> str:
    for kind, parts in _KINDS:
        if any(part in name for part in parts):
            return kind
    return "other"
