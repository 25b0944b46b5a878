"""MobileNetV4-like networks for images of 96 pixels and more."""

import keras
import keras_tuner

from kubenas.spaces.convolution.model import build_features
from kubenas.spaces.image_hypermodel import ImageHyperModel
from kubenas.spaces.mobile.network import FUSED_STAGES, Network, network_of
from kubenas.spaces.mobile.operations import build_body
from kubenas.spaces.options import MobileOptions

_STRIDED = ["inverted", "convnext", "extra_depthwise"]
"""Universal inverted bottlenecks with a depthwise convolution, which can halve a map."""
_WIDTHS = [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0]
_FEWEST_STAGES = 2
_DEFAULT_FIRST = ("fused", "fused", "extra_depthwise", "extra_depthwise")
_DEFAULT_OTHERS = ("fused", "fused", "inverted", "inverted")
_DEFAULT_BLOCKS = (1, 2, 4, 3)
_DEFAULT_KERNELS = (3, 3, 5, 5)
_DEFAULT_EXPANSIONS = (2, 2, 4, 4)


class MobileHyperModel(ImageHyperModel[MobileOptions, Network]):
    """Stages of universal inverted bottlenecks, fused ones first."""

    def choose_network(self, hp: keras_tuner.HyperParameters) -> Network:
        return choose_network(hp, self.options)

    def features(self, image: keras.KerasTensor, network: Network) -> keras.KerasTensor:
        body = build_body(network, self.input_shape)
        return build_features(image, body, network.activation)


def choose_network(hp: keras_tuner.HyperParameters, options: MobileOptions) -> Network:
    """Declares the network's hyperparameters and returns the network at their values."""
    most = options.max_stages
    widths = [width for width in _WIDTHS if width <= options.max_width]
    hp.Choice("image_scale", [0.5, 0.75, 1.0], default=1.0)
    hp.Choice("width", widths, default=min(1.0, widths[-1]))
    hp.Int("stages", _FEWEST_STAGES, most, default=most)
    for number in range(1, most + 1):
        with hp.conditional_scope("stages", list(range(max(number, _FEWEST_STAGES), most + 1))):
            _declare_stage(hp, number, options.max_blocks)
    hp.Choice("activation", ["relu", "silu", "hard_swish"])
    hp.Float("drop_path", 0.0, 0.2, step=0.05, default=0.0)
    return network_of(hp.values)


def _declare_stage(hp: keras_tuner.HyperParameters, number: int, most: int) -> None:
    """Declares stage ``number``, counted from 1, with at most ``most`` blocks."""
    name, place = f"stage_{number}", number - 1
    fused = ["fused"] if number <= FUSED_STAGES else []
    kinds = [*fused, *_STRIDED]
    hp.Choice(f"{name}/first_block", kinds, default=_DEFAULT_FIRST[place])
    hp.Int(f"{name}/blocks", 1, most, default=min(_DEFAULT_BLOCKS[place], most))
    if most > 1:
        with hp.conditional_scope(f"{name}/blocks", list(range(2, most + 1))):
            others = [*kinds, "feed_forward"]
            hp.Choice(f"{name}/other_blocks", others, default=_DEFAULT_OTHERS[place])
    hp.Choice(f"{name}/kernel", [3, 5], default=_DEFAULT_KERNELS[place])
    hp.Choice(f"{name}/expansion", [2, 4, 6], default=_DEFAULT_EXPANSIONS[place])
