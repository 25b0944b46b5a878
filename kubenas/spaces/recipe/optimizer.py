"""The optimiser of the recipe."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import keras
import keras_tuner

_NO_DECAY = ["bias", "beta", "gamma"]
"""Parts of the names of variables that are not weights of a convolution or dense layer."""


OptimizerName: TypeAlias = Literal["sgd", "adamw"]


@dataclass(frozen=True)
class _Range:
    """Bounds and default of a value that is searched on a logarithmic scale."""

    least: float
    most: float
    default: float

    def choose(self, hp: keras_tuner.HyperParameters, name: str) -> float:
        """Declares the hyperparameter ``name`` and returns its value."""
        value: float = hp.Float(name, self.least, self.most, sampling="log", default=self.default)
        return value


@dataclass(frozen=True)
class OptimizerRanges:
    """Ranges of learning rate and weight decay of each optimiser."""

    default: OptimizerName
    sgd_rate: _Range
    sgd_decay: _Range
    adamw_rate: _Range
    adamw_decay: _Range


FROM_SCRATCH = OptimizerRanges(
    default="sgd",
    sgd_rate=_Range(0.02, 1.0, 0.3),
    sgd_decay=_Range(1e-4, 1e-2, 2e-3),
    adamw_rate=_Range(5e-4, 1e-2, 2e-3),
    adamw_decay=_Range(1e-3, 0.2, 2e-2),
)
"""For networks with random weights."""
FINE_TUNING = OptimizerRanges(
    default="adamw",
    sgd_rate=_Range(1e-3, 0.1, 1e-2),
    sgd_decay=_Range(1e-5, 1e-3, 1e-4),
    adamw_rate=_Range(1e-4, 1e-2, 1e-3),
    adamw_decay=_Range(1e-4, 0.1, 1e-2),
)
"""For networks with pretrained weights, which large steps would destroy."""
WORDS = OptimizerRanges(
    default="adamw",
    sgd_rate=_Range(0.05, 2.0, 0.5),
    sgd_decay=_Range(1e-5, 1e-3, 1e-4),
    adamw_rate=_Range(2e-4, 2e-2, 2e-3),
    adamw_decay=_Range(1e-4, 0.1, 1e-2),
)
"""For embeddings of words, whose gradients are zero in most steps."""


def choose_optimizer(
    hp: keras_tuner.HyperParameters, ranges: OptimizerRanges = FROM_SCRATCH
) -> keras.optimizers.Optimizer:
    """Declares the optimiser's hyperparameters and returns the optimiser at their values.

    Weight decay is decoupled from the gradient and scaled with the learning rate in both
    (Loshchilov and Hutter, ICLR 2019). It leaves biases and batch normalisation out.
    """
    kind = hp.Choice("optimizer", ["sgd", "adamw"], default=ranges.default)
    with hp.conditional_scope("optimizer", ["sgd"]):
        sgd_rate = ranges.sgd_rate.choose(hp, "sgd_learning_rate")
        sgd_decay = ranges.sgd_decay.choose(hp, "sgd_weight_decay")
    with hp.conditional_scope("optimizer", ["adamw"]):
        adamw_rate = ranges.adamw_rate.choose(hp, "adamw_learning_rate")
        adamw_decay = ranges.adamw_decay.choose(hp, "adamw_weight_decay")
    if kind == "adamw":
        optimizer = keras.optimizers.AdamW(adamw_rate, weight_decay=adamw_decay)
    else:
        optimizer = keras.optimizers.SGD(
            sgd_rate, momentum=0.9, nesterov=True, weight_decay=sgd_decay
        )
    optimizer.exclude_from_weight_decay(var_names=_NO_DECAY)
    return optimizer
