"""A network of the space ``layers``: what it consists of, and the values that say so. No Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Convolution:
    """A convolution, batch normalisation if the network has it, and the activation."""

    filters: int
    kernel: int
    """Pixels of its height and width."""
    separable: bool = False


@dataclass(frozen=True)
class Pooling:
    """Halves the sides of the map that are long enough."""

    kind: Literal["max", "average"]


@dataclass(frozen=True)
class Network:
    """Everything that decides the function, apart from its weights."""

    first: Convolution
    """Shortens pictures that are larger than the other layers can afford."""
    layers: tuple[Convolution | Pooling, ...]
    """The layers after the first."""
    activation: str
    batch_norm: bool
    head: Literal["flatten", "average"]
    """How the last map becomes a vector."""
    dense: tuple[int, ...]
    """Units of the dense layers before the output."""
    dropout: float
    """Share of the values dropped before the output while training."""


def network_of(values: Mapping[str, Any]) -> Network:
    """The network that hyperparameters describe.

    Args:
        values: at least of all that are active, by name.
    """
    dense = range(1, values.get("dense_layers", 0) + 1)
    return Network(
        first=_convolution(values, 1, separable=False),
        layers=tuple(_layer(values, number) for number in range(2, values["layers"] + 1)),
        activation=values["activation"],
        batch_norm=values["batch_norm"],
        head=values["head"],
        dense=tuple(values[f"dense_{number}/units"] for number in dense),
        dropout=values["dropout"],
    )


def _layer(values: Mapping[str, Any], number: int) -> Convolution | Pooling:
    kind = values[f"layer_{number}/kind"]
    match kind:
        case "max_pool":
            return Pooling("max")
        case "average_pool":
            return Pooling("average")
        case _:
            return _convolution(values, number, separable=kind == "separable_conv")


def _convolution(values: Mapping[str, Any], number: int, *, separable: bool) -> Convolution:
    name = f"layer_{number}"
    return Convolution(values[f"{name}/filters"], values[f"{name}/kernel"], separable)
