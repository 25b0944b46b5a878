"""Networks of the space ``layers`` as data, created from hyperparameter values. No Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Convolution:
    """A convolution, followed by batch normalisation (optional) and the activation."""

    filters: int
    kernel: int
    """Height and width in pixels."""
    separable: bool = False


@dataclass(frozen=True)
class Pooling:
    """A pooling layer. It halves the sides of the feature map that are long enough."""

    kind: Literal["max", "average"]


@dataclass(frozen=True)
class Network:
    """The architecture of a network."""

    first: Convolution
    """The first layer. It reduces large images by its strides."""
    layers: tuple[Convolution | Pooling, ...]
    """The layers after the first."""
    activation: str
    batch_norm: bool
    head: Literal["flatten", "average"]
    """How the last feature map is converted to a vector."""
    dense: tuple[int, ...]
    """Units of the dense layers before the output."""
    dropout: float
    """Dropout rate before the output layer."""


def network_of(values: Mapping[str, Any]) -> Network:
    """Returns the network with the given hyperparameter values.

    Args:
        values: values by name, at least of all active hyperparameters.
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
