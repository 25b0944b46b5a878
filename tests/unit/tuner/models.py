"""Minimal models and data for searches."""

from typing import Any

import keras
import numpy as np

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
Y = (2 * X[:, :1] - X[:, 1:2]).astype("float32")


def regression(hp: Any) -> keras.Model:
    """Returns a linear model with a hidden layer."""
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(hp.Int("units", 1, 8)), keras.layers.Dense(1)]
    )
    model.compile(
        keras.optimizers.Adam(0.05),
        loss="mse",
        metrics=["mae"],
        run_eagerly=True,  # no tracing
    )
    return model
