"""Residual networks for images."""

import keras
import keras_tuner

from kubenas.spaces.convolution.model import build_features
from kubenas.spaces.image_hypermodel import ImageHyperModel
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.network import BOTTLENECKS, Network, network_of
from kubenas.spaces.residual.operations import build_body
from kubenas.spaces.shapes import Map
from kubenas.spaces.sizes import at_most

_KINDS = ["residual", "separable", *BOTTLENECKS]
_DEFAULT_FILTERS = [24, 48, 96]
_DEFAULT_STEM = 24
_WIDTHS = (1.0, 1.5, 2.0, 3.0, 4.0)
_FEWEST_FILTERS = 16
_SMALLEST_REDUCED_SIDE = 24
"""Shorter side in pixels of maps that the default network halves in its first stage."""


class ResidualHyperModel(ImageHyperModel[ResidualOptions, Network]):
    """Stages of residual blocks of convolutions or bottlenecks."""

    def choose_network(self, hp: keras_tuner.HyperParameters) -> Network:
        return choose_network(hp, self.options, self.input_shape)

    def features(self, image: keras.KerasTensor, network: Network) -> keras.KerasTensor:
        body = build_body(network, self.input_shape)
        return build_features(image, body, network.activation)


def choose_network(
    hp: keras_tuner.HyperParameters, options: ResidualOptions, input_shape: Map
) -> Network:
    """Declares the network's hyperparameters and returns the network at their values."""
    most = options.max_stages
    sizes = _sizes(options.max_filters)
    hp.Choice("stem/filters", sizes, default=at_most(_DEFAULT_STEM, sizes))
    hp.Int("stages", 1, most, default=min(len(_DEFAULT_FILTERS), most))
    reduced = min(input_shape[:2]) >= _SMALLEST_REDUCED_SIDE
    hp.Choice("stage_1/stride", [1, 2], default=2 if reduced else 1)
    for number in range(1, most + 1):
        with hp.conditional_scope("stages", list(range(number, most + 1))):
            _declare_stage(hp, number, options)
    hp.Choice("width", [width for width in _WIDTHS if width <= options.max_width])
    hp.Choice("activation", ["relu", "silu"])
    hp.Float("drop_path", 0.0, 0.2, step=0.05, default=0.0)
    return network_of(hp.values)


def _declare_stage(hp: keras_tuner.HyperParameters, number: int, options: ResidualOptions) -> None:
    """Declares stage ``number``, counted from 1."""
    name = f"stage_{number}"
    wanted = _DEFAULT_FILTERS[min(number, len(_DEFAULT_FILTERS)) - 1]
    sizes = _sizes(options.max_filters)
    hp.Choice(f"{name}/block", _KINDS)
    hp.Int(f"{name}/blocks", 1, options.max_blocks, default=1)
    hp.Choice(f"{name}/filters", sizes, default=at_most(wanted, sizes))
    hp.Choice(f"{name}/kernel", [3, 5])
    with hp.conditional_scope(f"{name}/block", list(BOTTLENECKS)):
        hp.Choice(f"{name}/expansion", [2, 4])
    hp.Boolean(f"{name}/squeeze_excitation", default=False)


def _sizes(largest: int) -> list[int]:
    """Returns 16, 24, 32, 48, 64 and so on up to ``largest``, which is always the last."""
    sizes = []
    size = _FEWEST_FILTERS
    while size < largest:
        sizes += [size, size * 3 // 2]
        size *= 2
    return [*(size for size in sizes if size < largest), largest]
