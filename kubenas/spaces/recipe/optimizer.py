"""The optimiser of the recipe."""

import keras
import keras_tuner

_NO_DECAY = ["bias", "beta", "gamma"]
"""Parts of the names of variables that are not weights of a convolution or dense layer."""


def choose_optimizer(hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
    """Declares the optimiser's hyperparameters and returns the optimiser at their values.

    Weight decay is decoupled from the gradient and scaled with the learning rate in both
    (Loshchilov and Hutter, ICLR 2019). It leaves biases and batch normalisation out.
    """
    kind = hp.Choice("optimizer", ["sgd", "adamw"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        sgd_rate = hp.Float("sgd_learning_rate", 0.02, 1.0, sampling="log", default=0.3)
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
