"""Parity tests of failed trials in keras_tuner.Tuner and kubenas.Tuner."""

import keras_tuner
import pytest

from tests.unit.tuner.models import X, Y, regression

pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_failed_trial_is_not_tried_again(make, tmp_path):
    def build(hp):
        with (tmp_path / "builds").open("a") as file:
            file.write("x")
        hp.Int("units", 1, 8)
        if (tmp_path / "armed").exists():
            raise keras_tuner.errors.FailedTrialError("too large")
        return regression(hp)

    tuner = make(build, objective="val_loss", max_trials=1, max_retries_per_trial=2)
    (tmp_path / "armed").touch()
    (tmp_path / "builds").write_text("")
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    (trial,) = tuner.oracle.trials.values()
    assert trial.status == "FAILED"
    assert "too large" in trial.message
    assert len((tmp_path / "builds").read_text()) == 1


@pytest.mark.parametrize("retries", [0, 2])
def test_other_errors_are_tried_as_often_as_asked_for(make, tmp_path, retries):
    def build(hp):
        with (tmp_path / "builds").open("a") as file:
            file.write("x")
        hp.Int("units", 1, 8)
        if (tmp_path / "armed").exists():
            raise ValueError("no luck")
        return regression(hp)

    tuner = make(build, objective="val_loss", max_trials=1, max_retries_per_trial=retries)
    (tmp_path / "armed").touch()
    (tmp_path / "builds").write_text("")
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    assert [trial.status for trial in tuner.oracle.trials.values()] == ["FAILED"]
    assert len((tmp_path / "builds").read_text()) == retries + 1


def test_too_many_failures_in_a_row_end_the_search(make, tmp_path):
    def build(hp):
        hp.Int("units", 1, 8)
        if (tmp_path / "armed").exists():
            raise ValueError("no luck")
        return regression(hp)

    tuner = make(build, objective="val_loss", max_trials=8, max_consecutive_failed_trials=2)
    (tmp_path / "armed").touch()
    with pytest.raises(RuntimeError, match="consecutive failures exceeded the limit of 2"):
        tuner.search(X, Y, validation_split=0.25, verbose=0)
    assert len(tuner.oracle.trials) < 8


def test_a_trial_whose_objective_is_not_a_number_has_failed(make, tuner_class):
    class Lost(tuner_class):
        def run_trial(self, trial):
            return float("nan") if trial.hyperparameters.Int("x", 0, 1) == 0 else 1.0

    tuner = make(kind=Lost, max_trials=2)
    tuner.search()
    assert sorted(trial.status for trial in tuner.oracle.trials.values()) == ["COMPLETED", "FAILED"]


def test_a_fatal_error_is_raised_in_the_caller(make, tuner_class):
    class Fatal(tuner_class):
        def run_trial(self, trial):
            raise keras_tuner.errors.FatalTypeError("there is a bug")

    with pytest.raises(keras_tuner.errors.FatalTypeError, match="there is a bug"):
        make(kind=Fatal).search()


def test_a_result_without_the_objective_is_a_fatal_error(make, tuner_class):
    class Wrong(tuner_class):
        def run_trial(self, trial):
            return {"other": 1.0}

    with pytest.raises(keras_tuner.errors.FatalValueError, match="objective"):
        make(kind=Wrong, objective=keras_tuner.Objective("score", "max")).search()


def test_models_that_are_too_large_fail(make):
    tuner = make(regression, objective="val_loss", max_model_size=1)
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    assert all("Oversized" in trial.message for trial in tuner.oracle.trials.values())
