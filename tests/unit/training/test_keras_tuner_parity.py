"""Parity tests: a HyperModel behaves as in Keras-Tuner, which runs as the reference."""

from dataclasses import replace
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from kubenas.data.loading import load_split
from kubenas.spaces.registry import load_hypermodel
from kubenas.storage import open_storage
from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.checkpoint import load_checkpoint, save_checkpoint
from kubenas.training.fit.history import history_from_jsonl
from kubenas.training.fit.label_format import one_hot
from kubenas.training.process.keras_settings import reset_keras
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec, Result
from tests.unit.training.conftest import LINEAR, MakeSpec

SEEDED = LINEAR.replace(
    "        image =", "        keras.utils.set_random_seed(7)\n        image ="
)
TWO_FITS = (
    SEEDED
    + """
    def fit(self, hp, model, *args, **kwargs):
        model.fit(*args, **kwargs)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model.fit(*args, **kwargs)
"""
)


def with_fit(*lines: str) -> str:
    return LINEAR + "    def fit(self, hp, model, *args, **kwargs):\n" + "".join(
        f"        {line}\n" for line in lines
    )  # fmt: skip


def run(spec: AttemptSpec) -> Result:
    return run_task(spec, Termination())


def tuned(
    spec: AttemptSpec,
    folder: Path,
    *,
    classes: int | None = None,
    objective: str = "val_accuracy",
) -> keras_tuner.Tuner:
    """Runs one Keras-Tuner trial on the same HyperModel and data, one-hot with ``classes``."""
    reset_keras()
    keras.utils.set_random_seed(7)
    examples = load_split(Path(spec.dataset), "train", batch_size=128, shuffle_seed=1)
    validation = load_split(Path(spec.dataset), "validation", batch_size=128)
    if classes:
        examples, validation = one_hot(examples, classes), one_hot(validation, classes)
    tuner = keras_tuner.RandomSearch(
        load_hypermodel(spec.space, input_shape=(8, 8, 1), num_classes=10),
        objective=objective,
        max_trials=1,
        max_retries_per_trial=1,
        max_consecutive_failed_trials=2,
        directory=folder,
    )
    tuner.search(examples, validation_data=validation, epochs=2, verbose=0)
    return tuner


def trial(tuner: keras_tuner.Tuner) -> keras_tuner.engine.trial.Trial:
    (only,) = tuner.oracle.trials.values()
    return only


def test_the_history_of_the_last_of_two_fits_is_scored(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec(source=TWO_FITS)
    result = run(spec)
    assert result.outcome == "completed", result.message
    assert result.score == pytest.approx(trial(tuned(spec, tmp_path / "tuner")).score)
    epochs = history_from_jsonl(Path(spec.prefix, "history.jsonl").read_bytes())
    scores = [epoch.metrics["val_accuracy"] for epoch in epochs]
    assert [epoch.epoch for epoch in epochs] == [0, 1, 2, 3]
    assert (result.epochs, result.best_epoch) == (4, int(np.argmax(scores)))
    assert result.score == max(scores[2:])


@pytest.mark.parametrize("interrupted", ["in the first fit", "in the second fit"])
def test_two_fits_are_restarted(
    make_spec: MakeSpec, tmp_path: Path, interrupted: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = make_spec(source=TWO_FITS, plan={"keep_checkpoint": True})
    expected = run(whole)
    state = load_checkpoint(f"{whole.prefix}/checkpoint")
    assert state.fits == 2
    if interrupted == "in the first fit":
        score = state.history[0].metrics["val_accuracy"]
        best = BestEpoch("max", 0, score)
        state = replace(state, history=state.history[:1], best=best, optimizer=(), fits=1)
        linear = make_spec(source=LINEAR, plan={"epochs": 1, "keep_checkpoint": True}, attempt=3)
        run(linear)
        optimizer = load_checkpoint(f"{linear.prefix}/checkpoint").optimizer
        state = replace(state, optimizer=optimizer)
    save_checkpoint(open_storage(str(tmp_path / "earlier")), state)
    uri = str(tmp_path / "earlier" / "checkpoint")
    again = run(make_spec(source=TWO_FITS, resume_from=uri, attempt=2))
    assert (
        "training starts from the beginning: fit() calls model.fit() several times" in caplog.text
    )
    assert (again.score, again.epochs) == (expected.score, expected.epochs)


def test_a_user_defined_fit_is_resumed_with_earlier_scores(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    source = with_fit("return model.fit(*args, **kwargs)")
    first = make_spec(source=source, plan={"epochs": 1, "keep_checkpoint": True})
    run(first)
    state = load_checkpoint(f"{first.prefix}/checkpoint")
    save_checkpoint(
        open_storage(str(tmp_path / "earlier")), replace(state, best=BestEpoch("max", 0, 2.0))
    )
    uri = str(tmp_path / "earlier" / "checkpoint")
    result = run(make_spec(source=source, resume_from=uri, attempt=2))
    assert (result.epochs, result.best_epoch) == (2, 0)
    assert result.score == state.history[0].metrics["val_accuracy"]


@pytest.mark.parametrize("epochs", [2, 1], ids=["an epoch is left", "none is left"])
@pytest.mark.parametrize(
    "score",
    [
        "max(history.history['val_accuracy'])",
        "{'val_accuracy': max(history.history['val_accuracy'])}",
        "[history]",
    ],
)
def test_a_score_returned_by_fit_covers_all_epochs(
    make_spec: MakeSpec, score: str, epochs: int, caplog: pytest.LogCaptureFixture
) -> None:
    source = with_fit(f"history = model.fit(*args, **kwargs); return {score}")
    plan = {"epochs": 1, "keep_checkpoint": True}
    first = make_spec(source=source, plan=plan)
    run(first)
    expected = run(make_spec(source=source, plan={"epochs": epochs}, attempt=2))
    uri = f"{first.prefix}/checkpoint"
    spec = make_spec(source=source, plan={"epochs": epochs}, resume_from=uri, attempt=3)
    result = run(spec)
    assert result.outcome == "completed", result.message
    assert (result.score, result.epochs) == (expected.score, epochs)
    assert "training starts from the beginning: fit() " in caplog.text


NO_LOSS = LINEAR.replace(
    "class Mine",
    """class Student(keras.Model):
    def train_step(self, data):
        logs = super().train_step(data)
        return {"student_loss": logs.pop("loss"), **logs}
class Mine""",
).replace("keras.Model(image", "Student(image")


def test_a_train_step_may_name_its_loss_otherwise(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec(source=NO_LOSS)
    assert trial(tuned(spec, tmp_path / "tuner")).status == "COMPLETED"
    result = run(spec)
    assert result.outcome == "completed", result.message
    assert "student_loss" in result.metrics
    assert "loss" not in result.metrics


F1 = SEEDED.replace(
    '"sparse_categorical_crossentropy", metrics=["accuracy"]',
    '"categorical_crossentropy", metrics=["accuracy", keras.metrics.F1Score()]',
)


def test_labels_are_one_hot_where_the_loss_wants_them_and_metrics_may_be_vectors(
    make_spec: MakeSpec, tmp_path: Path
) -> None:
    """Keras-Tuner averages a metric per class, but cannot compare epochs by it."""
    spec = make_spec(source=F1)
    theirs = trial(tuned(spec, tmp_path / "tuner", classes=10))
    result = run(spec)
    assert result.outcome == "completed", result.message
    assert result.metrics["val_f1_score"] == pytest.approx(
        theirs.metrics.get_history("val_f1_score")[0].mean()
    )
    theirs = trial(tuned(spec, tmp_path / "other", classes=10, objective="val_f1_score"))
    assert theirs.status == "FAILED"
    result = run(make_spec(source=F1, plan={"objective": "val_f1_score"}, attempt=2))
    assert result.failure == "configuration"
    assert "'val_f1_score' is not a scalar: it has 10 values" in result.message


def test_fit_may_ignore_the_callbacks(
    make_spec: MakeSpec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = with_fit("return model.fit(*args, **{**kwargs, 'callbacks': []})")
    spec = make_spec(source=source, plan={"keep_model": True})
    assert trial(tuned(spec, tmp_path / "tuner")).status == "COMPLETED"
    result = run(spec)
    assert result.outcome == "completed", result.message
    assert result.score == result.metrics["val_accuracy"] > 0.5
    assert "did not pass its callbacks" in caplog.text
    assert Path(spec.prefix, "model.weights.h5").exists()


def test_a_fatal_error_ends_the_search(make_spec: MakeSpec, tmp_path: Path) -> None:
    spec = make_spec(source=with_fit("raise keras_tuner.errors.FatalValueError('too wide')"))
    with pytest.raises(keras_tuner.errors.FatalError, match="too wide"):
        tuned(spec, tmp_path / "tuner")
    result = run(spec)
    assert (result.outcome, result.failure) == ("failed", "configuration")
    assert "FatalValueError: too wide (" in result.message


def test_a_failed_trial_is_not_tried_again(make_spec: MakeSpec, tmp_path: Path) -> None:
    counting = "self.fits = getattr(self, 'fits', 0) + 1"
    spec = make_spec(source=with_fit(counting, "raise keras_tuner.errors.FailedTrialError('wide')"))
    tuner = tuned(spec, tmp_path / "tuner")
    assert (trial(tuner).status, tuner.hypermodel.fits) == ("FAILED", 1)
    result = run(spec)
    assert (result.outcome, result.failure) == ("infeasible", "invalid-graph")
    assert "FailedTrialError: wide (" in result.message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("(8, 8, 1)", "(28, 28, 1)", "does not accept images of shape (8, 8, 1)"),
        ("keras.Model(image, output)", "keras.Model(image, [output, output])", "has 2 outputs"),
        ("Dense(10,", "Dense(3,", "must be (1, 10): a probability for each of the 10 classes"),
    ],
)
def test_a_model_for_other_data_is_refused_in_a_line(
    make_spec: MakeSpec, old: str, new: str, words: str
) -> None:
    result = run(make_spec(source=LINEAR.replace(old, new)))
    assert (result.outcome, result.failure) == ("infeasible", "invalid-graph")
    assert words in result.message
    assert "\n" not in result.message
