"""The average of the weights: its decay, its use in validation, and its checkpoint."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kubenas.storage import open_storage
from kubenas.training.fit.average import WeightAverage, decay_of_step
from kubenas.training.fit.callback import TrainingCallback
from kubenas.training.fit.checkpoint import TrainingState, load_checkpoint
from kubenas.training.fit.resume import resume_training
from kubenas.training.fit.variables import create_variables, write_variables
from kubenas.training.process.keras_settings import reset_keras
from kubenas.training.process.stopping import Termination
from kubenas.trial import TrainingPlan

IMAGES = np.random.default_rng(1).normal(size=(48, 4, 4, 1)).astype(np.float32)
LABELS = (IMAGES.mean(axis=(1, 2, 3)) > 0).astype(np.int32)
PLAN = TrainingPlan(
    epochs=6,
    batch_size=8,
    patience=0,
    seed=1,
    objective="val_loss",
    direction="min",
    average_decay=0.8,
    keep_checkpoint=True,
)


def network() -> keras.Model:
    """A network with dropout, whose seed is a variable, and with moving statistics."""
    reset_keras()
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((4, 4, 1)),
        keras.layers.Conv2D(3, 3),
        keras.layers.BatchNormalization(momentum=0.5),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(2, "softmax"),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.3, momentum=0.9), "sparse_categorical_crossentropy")
    create_variables(model, IMAGES[:1], LABELS[:1], model(IMAGES[:1], training=False))
    return model


def fitted(
    folder: Path,
    plan: TrainingPlan,
    *further: keras.callbacks.Callback,
    epochs: int = 6,
    resume_from: str | None = None,
) -> tuple[keras.Model, TrainingState]:
    """Trains the network up to ``epochs`` and writes a checkpoint."""
    model = network()
    resumed = resume_training(model, plan, resume_from)
    average = WeightAverage.of(model, plan, resumed)
    callback = TrainingCallback(
        plan=plan,
        model=model,
        storage=open_storage(str(folder)),
        termination=Termination(),
        deadline=None,
        resumed=resumed,
        average=average,
        objective_in_logs=True,
    )
    model.fit(
        IMAGES[:40],
        LABELS[:40],
        batch_size=8,
        shuffle=False,
        validation_data=(IMAGES[40:], LABELS[40:]),
        epochs=epochs,
        initial_epoch=callback.next_epoch,
        callbacks=[*further, callback, *([average] if average else [])],
        verbose=0,
    )
    callback.save_checkpoint()
    return model, load_checkpoint(str(folder / "checkpoint"))


def test_the_first_steps_have_a_lower_decay() -> None:
    assert decay_of_step(0, 0.999) == pytest.approx(0.1)
    assert decay_of_step(80, 0.999) == pytest.approx(0.9)
    assert decay_of_step(10**6, 0.999) == 0.999


class Weights(keras.callbacks.Callback):  # type: ignore[misc]  # keras is untyped
    """Records the variables after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[list[np.ndarray]] = []

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        del batch, logs
        self.steps.append([variable.numpy() for variable in self.model.variables])


def test_weights_and_moving_statistics_are_averaged_over_the_steps(tmp_path: Path) -> None:
    seen = Weights()
    expected = [variable.numpy() for variable in network().variables]
    _, state = fitted(tmp_path, PLAN, seen)
    for step, weights in enumerate(seen.steps):
        decay = min(0.8, (1 + step) / (10 + step))
        expected = [decay * a + (1 - decay) * w for a, w in zip(expected, weights, strict=True)]
    assert state.average is not None
    assert state.steps == len(seen.steps) == 30
    for average, wanted, last in zip(state.average, expected, state.weights, strict=True):
        assert average.dtype == last.dtype
        exact = last if average.dtype.kind != "f" else wanted
        wide = average.astype(np.float64), exact.astype(np.float64)
        np.testing.assert_allclose(*wide, rtol=1e-5, atol=1e-6)


def test_the_score_is_that_of_the_average_and_training_is_not_changed(tmp_path: Path) -> None:
    model, state = fitted(tmp_path / "average", PLAN)
    _, plain = fitted(tmp_path / "plain", PLAN.model_copy(update={"average_decay": 0.0}))
    for one, other in zip(state.weights, plain.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [epoch.metrics["loss"] for epoch in state.history] == [
        epoch.metrics["loss"] for epoch in plain.history
    ]
    assert plain.average is None
    write_variables(model.variables, state.scored_weights)
    score = model.evaluate(IMAGES[40:], LABELS[40:], verbose=0)
    assert state.history[-1].metrics["val_loss"] == pytest.approx(score, rel=1e-6)
    assert score != pytest.approx(plain.history[-1].metrics["val_loss"], rel=1e-3)


def test_a_resumed_training_has_the_average_of_one_that_was_not_interrupted(
    tmp_path: Path,
) -> None:
    _, whole = fitted(tmp_path / "whole", PLAN)
    fitted(tmp_path / "first", PLAN, epochs=2)
    uri = str(tmp_path / "first" / "checkpoint")
    _, resumed = fitted(tmp_path / "second", PLAN, resume_from=uri)
    assert (resumed.steps, resumed.best) == (whole.steps, whole.best)
    for group in ("weights", "optimizer", "average", "best_weights"):
        for one, other in zip(getattr(resumed, group), getattr(whole, group), strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_average_is_left_after_fit_and_a_further_fit_does_not_train_it() -> None:
    runs = []
    for averages in (True, False):
        model, seen = network(), Weights()
        average = WeightAverage(model, 0.8, None)
        for _ in range(2):
            callbacks = [seen, average] if averages else [seen]
            model.fit(IMAGES, LABELS, batch_size=16, shuffle=False, callbacks=callbacks, verbose=0)
            if averages:
                for variable, value in zip(model.variables, average.read(), strict=True):
                    np.testing.assert_array_equal(variable.numpy(), value)
        runs.append(seen.steps)
    for one, other in zip(*runs, strict=True):
        for with_average, plain in zip(one, other, strict=True):
            np.testing.assert_array_equal(with_average, plain)


def test_a_checkpoint_without_an_average_begins_it_with_the_weights(tmp_path: Path) -> None:
    plain = PLAN.model_copy(update={"average_decay": 0.0})
    fitted(tmp_path / "first", plain, epochs=5)
    uri = str(tmp_path / "first" / "checkpoint")
    _, state = fitted(tmp_path / "second", PLAN, resume_from=uri)
    assert state.average is not None
    assert state.steps == 30
