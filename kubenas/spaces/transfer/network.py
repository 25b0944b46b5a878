"""A network of the space ``transfer`` and the values that describe it. Imports no Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from kubenas.errors import UserError
from kubenas.spaces.options import TransferOptions
from kubenas.spaces.transfer.backbone import Backbone

Pooling: TypeAlias = Literal["average", "max"]

_INPUT_SIZES = (32, 48, 64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512)


@dataclass(frozen=True)
class Network:
    """A network without its weights."""

    input_size: int
    """Height and width of the images that the backbone sees, in pixels."""
    frozen_stages: int
    """Number of the first stages of the backbone that keep their weights."""
    pooling: Pooling
    units: int
    """Units of the dense layer before the output; 0: there is none."""


def network_of(values: Mapping[str, Any]) -> Network:
    """Returns the network that hyperparameters describe.

    Args:
        values: at least the active hyperparameters, by name.
    """
    return Network(
        input_size=values["input_size"],
        frozen_stages=values["frozen_stages"],
        pooling=values["pooling"],
        units=values["units"],
    )


def input_sizes(backbone: Backbone, options: TransferOptions) -> list[int]:
    """Returns the sizes of images to choose from.

    Raises:
        UserError: the options allow none for which the backbone has a feature map.
    """
    least, most = options.min_input_size, options.max_input_size
    sizes = [size for size in _INPUT_SIZES if least <= size <= most and backbone.accepts(size)]
    if not sizes:
        raise UserError(
            f"space.options.max_input_size: no size from {least} to {most} suits the backbone;"
            f" sizes are {', '.join(map(str, _INPUT_SIZES))}"
        )
    return sizes
