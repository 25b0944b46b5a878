"""Contents of architecture.json."""

from collections.abc import Sequence
from typing import Any


def layer(
    name: str,
    kind: str,
    inbound: Sequence[str] = (),
    *,
    shape: Sequence[int | None] = (28, 28, 16),
    parameters: int = 0,
    **settings: Any,
) -> dict[str, Any]:
    """One entry of architecture.json."""
    return {
        "name": name,
        "class": kind,
        "output_shape": list(shape),
        "parameters": parameters,
        "inbound": list(inbound),
        "config": settings,
    }


def branching_network() -> dict[str, Any]:
    """A network with two residual blocks and three merged branches."""
    conv = {"kernel_size": [3, 3], "strides": [1, 1], "activation": "linear"}
    layers = [layer("image", "InputLayer", shape=(28, 28, 1))]
    at = "image"
    for block in ("b1", "b2"):
        layers += [
            layer(f"{block}_conv", "Conv2D", [at], parameters=2_320, filters=16, **conv),
            layer(f"{block}_bn", "BatchNormalization", [f"{block}_conv"], parameters=64),
            layer(f"{block}_relu", "Activation", [f"{block}_bn"], activation="relu"),
            layer(
                f"{block}_conv2", "Conv2D", [f"{block}_relu"], parameters=2_320, filters=16, **conv
            ),
            layer(f"{block}_add", "Add", sorted([at, f"{block}_conv2"])),
        ]
        at = f"{block}_add"
    sides = (1, 3, 5)
    layers += [
        layer(
            f"branch_{s}",
            "Conv2D",
            [at],
            filters=16,
            kernel_size=[s, s],
            activation="relu",
            parameters=256 * s * s + 16,
        )
        for s in sides
    ]
    layers += [
        layer("join", "Concatenate", [f"branch_{s}" for s in sides], shape=(28, 28, 48)),
        layer("pool", "GlobalAveragePooling2D", ["join"], shape=(48,)),
        layer("drop", "Dropout", ["pool"], shape=(48,), rate=0.25),
        layer(
            "probabilities",
            "Dense",
            ["drop"],
            shape=(10,),
            parameters=490,
            units=10,
            activation="softmax",
        ),
    ]
    return {"layers": layers}
