"""Tests of Hyperband: promoted trials resume training, as in keras_tuner.Hyperband."""

import keras
import pytest

import kubenas
from kubenas.training.fit.history import HISTORY_FILE
from tests.unit.tuner.models import X, Y

pytestmark = pytest.mark.filterwarnings("ignore")


def frozen(hp):
    """Returns a model with a learning rate of 0, whose loss shows the origin of its weights.

    Without an Input, the model has no weights before its first call.
    """
    model = keras.Sequential([keras.layers.Dense(hp.Int("units", 1, 64)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.0), loss="mse", run_eagerly=True)
    return model


def test_a_promoted_trial_goes_on_with_the_weights_of_the_earlier_one(tmp_path, runner):
    tuner = kubenas.Tuner(
        frozen, "val_loss", max_trials=12, oracle="hyperband", output=tmp_path, seed=1
    )
    tuner.search(X, Y, epochs=3, validation_data=(X, Y), verbose=0)
    trials = {int(name): trial for name, trial in tuner.oracle.trials.items()}
    assert {trial.status for trial in trials.values()} == {"COMPLETED"}
    promoted = {
        number: int(trial.hyperparameters.values["tuner/trial_id"])
        for number, trial in trials.items()
        if "tuner/trial_id" in trial.hyperparameters.values
    }
    assert len(promoted) >= 2
    for number, earlier in promoted.items():
        assert trials[number].score == pytest.approx(trials[earlier].score, rel=1e-5)
        values = trials[number].hyperparameters.values
        assert epochs_of(tmp_path, number) == values["tuner/epochs"] - values["tuner/initial_epoch"]
    beginners = [trial.score for number, trial in trials.items() if number not in promoted]
    assert len(set(beginners)) == len(beginners)


def epochs_of(folder, number):
    (history,) = folder.glob(f"searches/*/trials/{number:05d}/a1/{HISTORY_FILE}")
    return len(history.read_text().splitlines())
