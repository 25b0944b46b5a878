"""Tests of the end of executions: by the search's deadline and by SIGTERM."""

import signal
import time
from contextlib import suppress

import keras
import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.trial import Trial

import kubenas
from kubenas.storage import open_storage
from kubenas.training.fit.history import HISTORY_FILE
from kubenas.training.process.stopping import DeadlinePassed, Terminated, Termination
from kubenas.training.program.epoch_log import EpochLog
from tests.unit.tuner.models import X, Y, regression

pytestmark = pytest.mark.filterwarnings("ignore")


class UntilTheDeadline(keras_tuner.HyperModel):
    """A tuner whose deadline passes after the given number of executions."""

    def __init__(self, executions):
        super().__init__()
        self.left = executions

    def build(self, hp):
        return regression(hp)

    def fit(self, hp, model, *args, **kwargs):
        if not self.left:
            raise DeadlinePassed
        self.left -= 1
        return float(self.left)


def results(folder, executions):
    model = UntilTheDeadline(executions)
    tuner = kubenas.Tuner(model, "val_loss", output=folder, executions_per_trial=3)
    return tuner.run_trial(Trial(tuner.oracle.get_space()))


def test_executions_that_are_through_at_the_deadline_count(tmp_path):
    assert results(tmp_path, 3) == [2.0, 1.0, 0.0]
    assert results(tmp_path, 2) == [1.0, 0.0]
    with pytest.raises(DeadlinePassed):
        results(tmp_path, 0)


def log(folder, *, deadline=None, termination=None):
    own = EpochLog(open_storage(str(folder)), deadline, termination or Termination())
    own.set_model(keras.Sequential())
    return own


def test_an_execution_that_the_deadline_keeps_from_beginning_is_cut_short(tmp_path):
    own = log(tmp_path, deadline=time.time() - 1)
    with pytest.raises(DeadlinePassed):
        own.on_train_begin()
    assert own.cut_short


def test_a_metric_of_several_numbers_is_averaged(tmp_path):
    own = log(tmp_path)
    own.on_epoch_end(0, {"loss": 2.0, "f1_score": np.array([0.0, 1.0])})
    assert '"f1_score":0.5' in (tmp_path / HISTORY_FILE).read_text().replace(" ", "")


def test_sigterm_that_was_caught_ends_the_training_all_the_same(tmp_path):
    class Catches(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            with suppress(BaseException):  # as Keras-Tuner's own code does in places
                signal.raise_signal(signal.SIGTERM)

    usual, termination = signal.getsignal(signal.SIGTERM), Termination()
    termination.install()
    try:
        callbacks = [Catches(), log(tmp_path, termination=termination)]
        model = regression(keras_tuner.HyperParameters())
        with pytest.raises(Terminated):
            model.fit(X, Y, epochs=3, verbose=0, callbacks=callbacks)
    finally:
        signal.signal(signal.SIGTERM, usual)
