"""The HyperModel of the space ``layers``: convolutions and poolings, then dense layers.

Each build declares all hyperparameters in their conditional scopes. One call thus declares the
whole space, and a network has no values that it does not use.
"""

from typing import Any

import keras
import keras_tuner

from kubenas.spaces.layers.model import build_network
from kubenas.spaces.layers.network import Network, network_of
from kubenas.spaces.options import LayersOptions
from kubenas.spaces.sizes import at_most, doubled_sizes

_CONVOLUTIONS = ["conv", "separable_conv"]
_POOLINGS = ["max_pool", "average_pool"]
_DEFAULT_LAYERS = 4
_DEFAULT_KINDS = ["conv", "conv", "max_pool", "conv"]
_DEFAULT_FILTERS = [16, 32]
_MIN_FILTERS = 16
_ADAPTIVE = ["adam", "adamw", "rmsprop"]


class LayersHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]  # keras_tuner is untyped
    """Small convolutional networks that train on a CPU.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: options of the space.
    """

    def __init__(
        self,
        *,
        input_shape: tuple[int, int, int],
        num_classes: int,
        options: LayersOptions = LayersOptions(),  # noqa: B008  # frozen
    ) -> None:
        super().__init__(name="layers")
        self._input_shape = input_shape
        self._num_classes = num_classes
        self._options = options

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares the whole space without building a model."""
        choose_network(hp, self._options)
        choose_optimizer(hp)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Returns the compiled model with the values of ``hp``."""
        model = build_network(
            choose_network(hp, self._options),
            input_shape=self._input_shape,
            num_classes=self._num_classes,
        )
        model.compile(
            optimizer=choose_optimizer(hp),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model


def choose_network(hp: keras_tuner.HyperParameters, options: LayersOptions) -> Network:
    """Declares the network's hyperparameters and returns the network with their values."""
    maximum = options.max_layers
    hp.Int("layers", 1, maximum, default=min(_DEFAULT_LAYERS, maximum))
    _declare_convolution(hp, 1, options)
    for number in range(2, maximum + 1):
        _declare_layer(hp, number, options)
    hp.Choice("activation", ["relu", "elu", "silu"])
    hp.Boolean("batch_norm", default=True)
    hp.Choice("head", ["flatten", "average"])
    _declare_dense(hp, options)
    hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.3)
    return network_of(hp.values)


def choose_optimizer(hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
    """Declares the optimiser's hyperparameters and returns the optimiser."""
    kind = hp.Choice("optimizer", [*_ADAPTIVE, "sgd"])
    with hp.conditional_scope("optimizer", _ADAPTIVE):
        rate = hp.Float("learning_rate", 5e-4, 1e-2, sampling="log", default=2e-3)
    with hp.conditional_scope("optimizer", ["adamw"]):
        decay = hp.Float("weight_decay", 1e-5, 1e-2, sampling="log", default=1e-3)
    with hp.conditional_scope("optimizer", ["sgd"]):
        sgd_rate = hp.Float("sgd_learning_rate", 3e-3, 5e-2, sampling="log", default=1e-2)
    match kind:
        case "adam":
            return keras.optimizers.Adam(rate)
        case "adamw":
            return keras.optimizers.AdamW(rate, weight_decay=decay)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate)
        case _:
            return keras.optimizers.SGD(sgd_rate, momentum=0.9, nesterov=True)


def _declare_layer(hp: keras_tuner.HyperParameters, number: int, options: LayersOptions) -> None:
    """Declares layer ``number``. The first layer is 1."""
    with hp.conditional_scope("layers", list(range(number, options.max_layers + 1))):
        kinds = [*_CONVOLUTIONS, *_POOLINGS]
        hp.Choice(f"layer_{number}/kind", kinds, default=_default(_DEFAULT_KINDS, number))
        with hp.conditional_scope(f"layer_{number}/kind", _CONVOLUTIONS):
            _declare_convolution(hp, number, options)


def _declare_convolution(
    hp: keras_tuner.HyperParameters, number: int, options: LayersOptions
) -> None:
    sizes = doubled_sizes(_MIN_FILTERS, options.max_filters)
    default = at_most(_default(_DEFAULT_FILTERS, number), sizes)
    hp.Choice(f"layer_{number}/filters", sizes, default=default)
    hp.Choice(f"layer_{number}/kernel", [3, 5], default=5 if number == 1 else 3)


def _declare_dense(hp: keras_tuner.HyperParameters, options: LayersOptions) -> None:
    maximum = options.max_dense_layers
    if maximum == 0:
        return
    sizes = doubled_sizes(16, options.max_units)
    hp.Int("dense_layers", 0, maximum, default=1)
    for number in range(1, maximum + 1):
        with hp.conditional_scope("dense_layers", list(range(number, maximum + 1))):
            hp.Choice(f"dense_{number}/units", sizes, default=at_most(64, sizes))


def _default(defaults: list[Any], number: int) -> Any:
    """Returns the default of layer ``number``. Further layers take the last default."""
    return defaults[min(number, len(defaults)) - 1]
