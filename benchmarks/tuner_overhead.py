"""Measures the ratio of wall times of kubenas.Tuner with two workers and plain Keras-Tuner.

Run this on an idle machine with at least two cores. The model is that of Keras-Tuner's guide with a
fixed width, so all trials have the same cost. ``--model conv`` is a small convolutional network:
its plain training uses more than one core, so two workers gain less.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import keras
import keras_tuner
import numpy as np

import kubenas


def dense(hp):
    model = keras.Sequential([keras.layers.Flatten()])
    model.add(keras.layers.Dense(256, hp.Choice("activation", ["relu", "tanh"])))
    if hp.Boolean("dropout"):
        model.add(keras.layers.Dropout(rate=0.25))
    return compiled(model, hp)


def conv(hp):
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for _ in range(2):
        model.add(keras.layers.Conv2D(hp.Int("filters", 12, 13), 3, activation="relu"))
    model.add(keras.layers.GlobalAveragePooling2D())
    return compiled(model, hp)


def compiled(model, hp):
    model.add(keras.layers.Dense(10, activation="softmax"))
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
    model.compile(
        keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def seconds(tuner, x, y, epochs):
    start = time.perf_counter()
    tuner.search(x, y, epochs=epochs, validation_split=0.2, verbose=0)
    completed = [each for each in tuner.oracle.trials.values() if each.status == "COMPLETED"]
    return time.perf_counter() - start, len(completed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--model", choices=("dense", "conv"), default="dense")
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    build_model = {"dense": dense, "conv": conv}[options.model]
    random = np.random.default_rng(0)
    x = random.normal(size=(options.examples, 28, 28, 1)).astype("float32")
    y = random.integers(0, 10, options.examples)
    with tempfile.TemporaryDirectory() as folder:
        common = {"objective": "val_accuracy", "max_trials": options.trials, "seed": 1}
        plain = keras_tuner.RandomSearch(build_model, directory=folder, **common)
        before = sum(os.times()[:2])
        plain_seconds, plain_trials = seconds(plain, x, y, options.epochs)
        cores = (sum(os.times()[:2]) - before) / plain_seconds
        ours = kubenas.Tuner(
            build_model,
            oracle="random",
            output=Path(folder, "ours"),
            runner={"workers": 2},
            **common,
        )
        our_seconds, our_trials = seconds(ours, x, y, options.epochs)
    print(
        json.dumps(
            {
                "plain_seconds": round(plain_seconds, 1),
                "plain_cores": round(cores, 2),
                "plain_seconds_a_trial": round(plain_seconds / plain_trials, 1),
                "kubenas_seconds": round(our_seconds, 1),
                "ratio": round(our_seconds / plain_seconds, 3),
                "trials": [plain_trials, our_trials],
            }
        )
    )


if __name__ == "__main__":
    main()
