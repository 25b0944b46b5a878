"""Residual networks for pictures, with their optimiser, regularisation and augmentation.

Every hyperparameter is declared on every build, under the conditions in which it matters. One
call therefore gives the whole space, and a network has no value that it does not use.
"""

import keras
import keras_tuner

from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.model import build_network
from kubenas.spaces.residual.network import BOTTLENECKS, Network, network_of

_KINDS = ["residual", "separable", *BOTTLENECKS]
_DEFAULT_FILTERS = [16, 32, 64]
_FEWEST_FILTERS = 16
_NO_DECAY = ["bias", "beta", "gamma"]
"""Parts of the names of variables that are not weights of a convolution or dense layer."""


class ResidualHyperModel(keras_tuner.HyperModel):  # type: ignore[misc]  # keras_tuner is untyped
    """Residual networks of convolutions or bottlenecks, and how they are trained.

    Args:
        input_shape: height, width and channels of a picture.
        num_classes: number of classes.
        options: bounds of the space.
    """

    def __init__(
        self,
        *,
        input_shape: tuple[int, int, int],
        num_classes: int,
        options: ResidualOptions = ResidualOptions(),  # noqa: B008  # frozen
    ) -> None:
        super().__init__(name="residual")
        self._input_shape = input_shape
        self._num_classes = num_classes
        self._options = options

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares the whole space without building a model."""
        choose_network(hp, self._options)
        choose_optimizer(hp)
        choose_loss(hp)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Returns the compiled model that the values in ``hp`` describe."""
        model = build_network(
            choose_network(hp, self._options),
            input_shape=self._input_shape,
            num_classes=self._num_classes,
        )
        model.compile(optimizer=choose_optimizer(hp), loss=choose_loss(hp), metrics=["accuracy"])
        return model


def choose_network(hp: keras_tuner.HyperParameters, options: ResidualOptions) -> Network:
    """Declares the network's hyperparameters and returns the network at their values."""
    most = options.max_stages
    sizes = _sizes(options.max_filters)
    hp.Choice("stem/filters", sizes, default=_FEWEST_FILTERS)
    hp.Int("stages", 1, most, default=min(len(_DEFAULT_FILTERS), most))
    hp.Choice("stage_1/stride", [1, 2])
    for number in range(1, most + 1):
        with hp.conditional_scope("stages", list(range(number, most + 1))):
            _declare_stage(hp, number, options)
    hp.Choice("activation", ["relu", "silu"])
    hp.Float("drop_path", 0.0, 0.2, step=0.05, default=0.0)
    hp.Float("dropout", 0.0, 0.5, step=0.1, default=0.0)
    hp.Choice("augmentation", ["none", "shift", "shift_flip"], default="shift")
    return network_of(hp.values)


def choose_optimizer(hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
    """Declares the optimiser's hyperparameters and returns the optimiser at their values.

    Weight decay is decoupled from the gradient and scaled with the learning rate in both
    (Loshchilov and Hutter, ICLR 2019). It leaves biases and batch normalisation out.
    """
    kind = hp.Choice("optimizer", ["sgd", "adamw"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        sgd_rate = hp.Float("sgd_learning_rate", 5e-3, 0.2, sampling="log", default=0.05)
        sgd_decay = hp.Float("sgd_weight_decay", 1e-4, 1e-2, sampling="log", default=2e-3)
    with hp.conditional_scope("optimizer", ["adamw"]):
        adamw_rate = hp.Float("adamw_learning_rate", 5e-4, 1e-2, sampling="log", default=2e-3)
        adamw_decay = hp.Float("adamw_weight_decay", 1e-3, 0.2, sampling="log", default=2e-2)
    if kind == "adamw":
        optimizer = keras.optimizers.AdamW(adamw_rate, weight_decay=adamw_decay)
    else:
        optimizer = keras.optimizers.SGD(
            sgd_rate, momentum=0.9, nesterov=True, weight_decay=sgd_decay
        )
    optimizer.exclude_from_weight_decay(var_names=_NO_DECAY)
    return optimizer


def choose_loss(hp: keras_tuner.HyperParameters) -> str | keras.losses.Loss:
    """Declares the label smoothing and returns the loss. Only smoothing needs one-hot labels."""
    smoothing = hp.Choice("label_smoothing", [0.0, 0.05, 0.1])
    if not smoothing:
        return "sparse_categorical_crossentropy"
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)


def _declare_stage(hp: keras_tuner.HyperParameters, number: int, options: ResidualOptions) -> None:
    """Declares stage ``number``, counted from 1."""
    name = f"stage_{number}"
    wanted = _DEFAULT_FILTERS[min(number, len(_DEFAULT_FILTERS)) - 1]
    sizes = _sizes(options.max_filters)
    default = max(size for size in sizes if size <= wanted)
    hp.Choice(f"{name}/block", _KINDS)
    hp.Int(f"{name}/blocks", 1, options.max_blocks, default=1)
    hp.Choice(f"{name}/filters", sizes, default=default)
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
