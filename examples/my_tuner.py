"""A Keras-Tuner program with one line changed: two trials run in parallel, and an interrupted
search resumes when the command is run again. Results are in runs/my_tuner; see docs/tuner.md."""

import keras
from sklearn.datasets import load_diabetes

import kubenas


def build_model(hp):
    """Returns a regression model with one or two dense layers."""
    model = keras.Sequential([keras.Input((10,)), keras.layers.Normalization()])
    for layer in range(hp.Int("layers", 1, 2)):
        units = hp.Int(f"units_{layer}", 8, 64, step=8)
        model.add(keras.layers.Dense(units, activation=hp.Choice("activation", ["relu", "tanh"])))
    model.add(keras.layers.Dense(1))
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), loss="mse", metrics=["mae"])
    return model


if __name__ == "__main__":
    x, y = load_diabetes(return_X_y=True)
    # Before: keras_tuner.BayesianOptimization(build_model, ...).
    tuner = kubenas.Tuner(build_model, objective="val_mae", max_trials=6, output="runs/my_tuner")
    tuner.search(
        x,
        (y - y.mean()) / y.std(),
        epochs=10,
        validation_split=0.2,
        callbacks=[keras.callbacks.EarlyStopping(patience=3)],
    )
    tuner.results_summary(num_trials=3)
    tuner.get_best_models()[0].summary()
