"""Code of a user's notebook, run by ``test_tuner.py``. Arguments: output, runner."""

import json
import sys

import keras
import numpy as np

import kubenas


def build_model(hp):
    """A regression model. The second layer's hyperparameters are absent at the defaults."""
    model = keras.Sequential([keras.Input((3,))])
    for layer in range(hp.Int("layers", 1, 2)):
        model.add(keras.layers.Dense(hp.Int(f"units_{layer}", 4, 16), "relu"))
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-1, sampling="log")), "mse")
    return model


rng = np.random.default_rng(1)
x = rng.normal(size=(256, 3)).astype(np.float32)
y = x @ np.array([[1.0], [-2.0], [0.5]], np.float32)
tuner = kubenas.Tuner(
    build_model,
    objective="val_loss",
    max_trials=4,
    oracle="random",
    output=sys.argv[1],
    runner=json.loads(sys.argv[2]),
)
tuner.search(x, y, epochs=3, validation_split=0.25, verbose=0)
(model,) = tuner.get_best_models(1)
told = {
    "names": sorted(each.name for each in tuner.oracle.get_space().space),
    "score": tuner.oracle.get_best_trials(1)[0].score,
    "loss": model.evaluate(x[-64:], y[-64:], verbose=0),
}
print(json.dumps(told))  # noqa: T201
