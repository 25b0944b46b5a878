"""The contestants of accuracy.py. Each runs in its own process and writes a model to its folder.

accuracy_contestants.py (kubenas | residual | keras_tuner) FOLDER SEED CPU_SECONDS
accuracy_contestants.py evaluate FOLDER
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BATCH = 64
_VALIDATION_SHARE = 0.15
_RETRAINING_SHARE = 0.4
"""Share of the CPU seconds that Keras-Tuner's best model is retrained for."""
_STARTUP_SECONDS = 20
"""CPU seconds of the processes of a run of kubenas that neither train nor wait for a trial."""

_BUSY_SHARE = 0.75
"""Share of the cores that search and retraining keep busy, as measured."""

Images = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


def kubenas(folder: Path, seed: int, cpu_seconds: int) -> None:
    """Runs ``kubenas run`` with default settings; search and retraining have equal limits."""
    cores = _BUSY_SHARE * (os.cpu_count() or 1)
    seconds = (cpu_seconds - _STARTUP_SECONDS * 3) / cores / 2
    config = folder / "search.yaml"
    config.write_text(
        json.dumps(
            {
                "name": "accuracy",
                "output": str(folder / "run"),
                "data": {"source": str(folder.parent / "train.npz"), "test_fraction": 0.05},
                "search": {"max_seconds": seconds, "seed": seed},
            }
        )
    )
    command = [str(Path(sys.executable).with_name("kubenas")), "run", str(config)]
    subprocess.run(command, check=True)


def residual(folder: Path, seed: int, cpu_seconds: int) -> None:
    """Trains the network that an engineer writes by hand, for the whole time."""
    import keras

    keras.utils.set_random_seed(seed)
    images, labels = read(folder.parent / "train.npz")
    model = residual_network(images)
    fit_for(model, images, labels, cpu_seconds, rate=0.1)
    model.save(folder / "model.keras")


def residual_network(images: Images) -> Any:
    import keras
    from keras import layers

    def convolve(values: Any, filters: int, stride: int = 1, kernel: int = 3) -> Any:
        values = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(values)
        return layers.BatchNormalization(momentum=0.9)(values)

    image = keras.Input(images.shape[1:])
    normalization = layers.Normalization()
    normalization.adapt(images)
    values = layers.RandomTranslation(0.125, 0.125, fill_mode="nearest", interpolation="nearest")(
        normalization(image)
    )
    values = layers.RandomFlip("horizontal")(values)
    values = layers.ReLU()(convolve(values, 16, 2 if max(images.shape[1:3]) > 32 else 1))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        branch = layers.ReLU()(convolve(values, filters, stride))
        branch = convolve(branch, filters)
        same = stride == 1 and values.shape[-1] == filters
        shortcut = values if same else convolve(values, filters, stride, kernel=1)
        values = layers.ReLU()(layers.Add()([branch, shortcut]))
    values = layers.GlobalAveragePooling2D()(values)
    model = keras.Model(image, layers.Dense(10, "softmax")(values))
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=5e-3),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def fit_for(model: Any, images: Images, labels: Labels, cpu_seconds: float, *, rate: float) -> None:
    """Trains until the process has used ``cpu_seconds``, with a cosine schedule by the CPU time."""
    import keras

    began = time.process_time()

    class CosineByTime(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            done = (time.process_time() - began) / (cpu_seconds - began)
            if done >= 1:
                self.model.stop_training = True
            warmup = min(1.0, done / 0.03)
            cosine = 0.5 * (1 + np.cos(np.pi * min(1.0, done)))
            model.optimizer.learning_rate = rate * max(1e-4, min(warmup, cosine))

    model.fit(
        images, labels, batch_size=BATCH, epochs=10_000, callbacks=[CosineByTime()], verbose=0
    )


def keras_tuner(folder: Path, seed: int, cpu_seconds: int) -> None:
    """Searches the model of Keras-Tuner's guide, then retrains the best on all examples."""
    import keras
    import keras_tuner as kt

    images, labels = read(folder.parent / "train.npz")
    held_out = round(_VALIDATION_SHARE * len(labels))
    end = (1 - _RETRAINING_SHARE) * cpu_seconds

    class Stop(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            if time.process_time() > end:
                raise TimeoutError

    tuner = kt.BayesianOptimization(
        guide_model(images),
        "val_accuracy",
        max_trials=1000,
        seed=seed,
        directory=folder,
        max_retries_per_trial=0,
        max_consecutive_failed_trials=1,
    )
    try:
        tuner.search(
            images[held_out:],
            labels[held_out:],
            validation_data=(images[:held_out], labels[:held_out]),
            epochs=10,
            batch_size=BATCH,
            callbacks=[Stop(), keras.callbacks.EarlyStopping("val_accuracy", patience=3)],
            verbose=0,
        )
    except (TimeoutError, RuntimeError) as error:
        print("search ended:", error)
    best = tuner.get_best_hyperparameters(1)[0]
    model = guide_model(images)(best)
    fit_for(model, images, labels, cpu_seconds, rate=best["learning_rate"])
    model.save(folder / "model.keras")


def guide_model(images: Images) -> Callable[[Any], Any]:
    """The convolutional model of Keras-Tuner's guides, with batch normalisation."""
    import keras
    from keras import layers

    def build(hp: Any) -> Any:
        image = keras.Input(images.shape[1:])
        values = layers.Rescaling(1 / 255)(image)
        for number in range(hp.Int("conv_layers", 1, 4, default=3)):
            filters = hp.Int(f"filters_{number}", 16, 128, step=16)
            values = layers.Conv2D(filters, 3, padding="same", activation="relu")(values)
            values = layers.BatchNormalization()(values)
            if min(values.shape[1:3]) >= 4:
                values = layers.MaxPooling2D()(values)
        values = layers.Flatten()(values)
        values = layers.Dense(hp.Int("units", 32, 256, step=32), "relu")(values)
        values = layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(values)
        model = keras.Model(image, layers.Dense(10, "softmax")(values))
        rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        model.compile(
            keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return model

    return build


def evaluate(folder: Path) -> None:
    """Prints accuracy, number of weights and latency of the model in ``folder`` as JSON."""
    import tensorflow as tf

    images, labels = read(folder.parent / "test.npz")
    predict, parameters = load(folder)
    answers = [
        np.asarray(predict(tf.constant(images[at : at + 250]))).argmax(axis=1)
        for at in range(0, len(images), 250)
    ]
    one, seconds = tf.constant(images[:1]), []
    for _ in range(50):
        began = time.perf_counter()
        predict(one)
        seconds.append(time.perf_counter() - began)
    result = {
        "accuracy": float((np.concatenate(answers) == labels).mean()),
        "examples": len(labels),
        "parameters": parameters,
        "latency_ms": 1000 * float(np.median(seconds)),
    }
    print(json.dumps(result))


def load(folder: Path) -> tuple[Callable[[Any], Any], int]:
    """Returns the prediction function of the model in ``folder`` and its number of weights."""
    import keras
    import tensorflow as tf

    exported = sorted(folder.glob("run/**/saved_model/1"))
    if exported:
        saved = tf.saved_model.load(str(exported[-1]))
        signature = saved.signatures["serving_default"]
        parameters = sum(int(np.prod(variable.shape)) for variable in saved.variables)
        return lambda images: signature(image=images)["probabilities"], parameters
    model = keras.models.load_model(folder / "model.keras")
    return tf.function(lambda images: model(images, training=False)), model.count_params()


def read(file: Path) -> tuple[Images, Labels]:
    """Returns float32 images (n, height, width, channels) and integer labels (n,)."""
    with np.load(file) as arrays:
        images, labels = arrays["x"].astype(np.float32), arrays["y"]
    return images if images.ndim == 4 else images[..., np.newaxis], labels.astype(np.int64)


if __name__ == "__main__":
    if sys.argv[1] == "evaluate":
        evaluate(Path(sys.argv[2]))
    else:
        contestant = {"kubenas": kubenas, "residual": residual, "keras_tuner": keras_tuner}
        contestant[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
