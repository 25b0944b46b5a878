"""Parity tests of a search in keras_tuner.Tuner and kubenas.Tuner.

test_data.py tests other data types than arrays, test_failed_trials.py failed trials, and
tests/pipelines/test_tuner.py processes, kills and resumption."""

import keras
import keras_tuner
import numpy as np
import pytest

from tests.unit.tuner.models import X, Y, regression

pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_space_is_found_in_the_constructor(make):
    def build(hp):
        if hp.Boolean("deep"):
            with hp.conditional_scope("deep", [True]):
                hp.Int("units", 1, 3)
        return regression(hp)

    names = [each.name for each in make(build, objective="val_loss").oracle.get_space().space]
    assert names[:2] == ["deep", "units"]


def test_best_trials_hyperparameters_and_models(make):
    tuner = make(regression, objective="val_mae", max_trials=3)
    tuner.search(X, Y, epochs=2, validation_split=0.25, verbose=0)
    trials = tuner.oracle.get_best_trials(3)
    assert [trial.status for trial in trials] == ["COMPLETED"] * 3
    scores = [trial.score for trial in trials]
    assert scores == sorted(scores)
    assert {"loss", "mae", "val_loss", "val_mae"} <= set(trials[0].metrics.metrics)
    assert tuner.remaining_trials == 0
    best = tuner.get_best_hyperparameters()[0]
    (model,) = tuner.get_best_models()
    assert model.layers[0].units == best.get("units")
    told = model.evaluate(X[48:], Y[48:], verbose=0, return_dict=True)
    assert told["mae"] == pytest.approx(trials[0].score, abs=1e-4)


def test_the_summary_tells_of_space_and_trials(make, capsys):
    tuner = make(regression, objective="val_loss")
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    tuner.search_space_summary()
    tuner.results_summary()
    told = capsys.readouterr().out
    for words in ("units (Int)", "Results summary", "Trial 0 summary", "Score: "):
        assert words in told


def test_trials_are_shown_as_they_begin_and_end(make, capsys):
    make(regression, objective="val_loss").search(X, Y, validation_split=0.25, verbose=1)
    told = capsys.readouterr().out
    for words in ("Search: Running Trial #2", "Trial 2 Complete", "Best val_loss So Far: "):
        assert words in told


def test_executions_are_averaged_and_each_has_its_own_callbacks(make, tmp_path):
    class Note(keras.callbacks.Callback):
        """Raises if it is used twice, because it would continue to count."""

        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1
            with (tmp_path / "epochs").open("a") as file:
                file.write(f"{self.epochs} {logs['val_loss']!r}\n")

    tuner = make(regression, objective="val_loss", max_trials=1, executions_per_trial=2)
    tuner.search(X, Y, epochs=2, validation_split=0.25, verbose=0, callbacks=[Note()])
    lines = [line.split() for line in (tmp_path / "epochs").read_text().splitlines()]
    assert [int(count) for count, _ in lines] == [1, 2, 1, 2]
    losses = [float(loss) for _, loss in lines]
    expected = (min(losses[:2]) + min(losses[2:])) / 2
    assert tuner.oracle.get_best_trials()[0].score == pytest.approx(expected)


def test_hooks_are_called_around_trials_and_epochs(make, tuner_class, tmp_path):
    class Hooked(tuner_class):
        def note(self, word):
            with (tmp_path / "hooks").open("a") as file:
                file.write(f"{word}\n")

        def on_search_begin(self):
            self.note("search begins")

        def on_search_end(self):
            self.note("search ends")

        def on_trial_begin(self, trial):
            self.note(f"trial {trial.trial_id} begins")

        def on_trial_end(self, trial):
            super().on_trial_end(trial)
            self.note(f"trial {trial.trial_id} ends {trial.status}")

        def on_epoch_end(self, trial, model, epoch, logs=None):
            self.note(f"epoch {epoch} {sorted(logs)[0]}")

    tuner = make(regression, kind=Hooked, objective="val_loss", max_trials=1)
    tuner.search(X, Y, epochs=2, validation_split=0.25, verbose=0)
    assert (tmp_path / "hooks").read_text().splitlines() == [
        "search begins",
        "trial 0 begins",
        "epoch 0 loss",
        "epoch 1 loss",
        "trial 0 ends COMPLETED",
        "search ends",
    ]


def test_a_metric_of_ones_own_needs_a_direction(make):
    def closeness(y, prediction):
        return -keras.ops.mean(keras.ops.abs(y - prediction))

    def build(hp):
        model = regression(hp)
        model.compile("adam", loss="mse", metrics=[closeness])
        return model

    with pytest.raises(ValueError, match="Could not infer"):
        make(build, objective="val_closeness")
    tuner = make(build, objective=keras_tuner.Objective("val_closeness", "max"))
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    best, other = tuner.oracle.get_best_trials(2)
    assert 0 > best.score >= other.score


def test_several_objectives_are_summed(make):
    tuner = make(regression, objective=["val_loss", "val_mae"])
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    best = tuner.oracle.get_best_trials()[0]
    parts = [best.metrics.get_best_value(name) for name in ("val_loss", "val_mae")]
    assert best.score == pytest.approx(sum(parts))


def test_a_float_from_run_trial_without_a_hypermodel_is_minimised(make, tuner_class):
    class Square(tuner_class):
        def run_trial(self, trial):
            x = trial.hyperparameters.Float("x", -1.0, 1.0)
            return x * x

    tuner = make(kind=Square, max_trials=5)
    tuner.search()
    best = tuner.oracle.get_best_trials()[0]
    assert best.score == pytest.approx(best.hyperparameters.get("x") ** 2)
    assert len({trial.score for trial in tuner.oracle.trials.values()}) > 1
    assert [each.name for each in tuner.oracle.get_space().space] == ["x"]


def test_no_hypermodel_and_no_run_trial_of_ones_own_is_refused(make):
    with pytest.raises(ValueError, match="hypermodel"):
        make(objective="val_loss")


def test_a_metric_from_hypermodel_fit(make):
    class Mine(keras_tuner.HyperModel):
        def build(self, hp):
            return regression(hp)

        def fit(self, hp, model, x, y, **kwargs):
            model.fit(x, y, batch_size=hp.Int("batch", 8, 16), **kwargs)
            return {"score": float(np.mean(np.abs(model.predict(x, verbose=0) - y)))}

    tuner = make(Mine(), objective=keras_tuner.Objective("score", "min"))
    tuner.search(X, Y, verbose=0)
    assert tuner.oracle.get_best_trials()[0].score > 0
    assert {each.name for each in tuner.oracle.get_space().space} == {"units", "batch"}


def test_optimizer_loss_and_metrics_are_overridden(make):
    tuner = make(
        regression,
        objective="val_loss",
        optimizer=keras.optimizers.SGD(0.01),
        loss="mae",
        metrics=["mse"],
    )
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    assert tuner.get_best_models()[0].loss == "mae"
    assert "val_mse" in tuner.oracle.get_best_trials()[0].metrics.metrics


def test_trials_have_the_global_settings_of_keras(make, tuner_class):
    class Epsilon(tuner_class):
        def run_trial(self, trial):
            trial.hyperparameters.Int("x", 1, 3)
            return keras.config.epsilon()

    usual = keras.config.epsilon()
    keras.config.set_epsilon(0.25)
    try:
        tuner = make(kind=Epsilon, max_trials=1)
        tuner.search()
    finally:
        keras.config.set_epsilon(usual)
    assert tuner.oracle.get_best_trials()[0].score == 0.25


def test_only_listed_hyperparameters_are_tuned_where_that_is_asked_for(make):
    hp = keras_tuner.HyperParameters()
    hp.Int("units", 2, 3)
    options = {"hyperparameters": hp, "tune_new_entries": False}
    tuner = make(_two, objective="val_loss", **options)
    tuner.search(X, Y, validation_split=0.25, verbose=0)
    assert [each.name for each in tuner.oracle.get_space().space] == ["units"]
    for trial in tuner.oracle.trials.values():
        assert trial.hyperparameters.get("units") in (2, 3)


def test_new_entries_are_refused_where_that_is_asked_for(make):
    hp = keras_tuner.HyperParameters()
    hp.Int("units", 2, 3)
    with pytest.raises(RuntimeError, match="allow_new_entries"):
        make(_two, objective="val_loss", hyperparameters=hp, allow_new_entries=False)


def test_a_finished_search_runs_nothing_more(make, tmp_path):
    def tuner():
        return make(_noting(tmp_path / "fits"), objective="val_loss")

    tuner().search(X, Y, validation_split=0.25, verbose=0)
    (tmp_path / "fits").write_text("")
    again = tuner()
    assert len(again.oracle.trials) == 2  # is known before search() is called
    again.search(X, Y, validation_split=0.25, verbose=0)
    assert (tmp_path / "fits").read_text() == ""
    assert len(again.oracle.trials) == 2
    assert again.get_best_models()


def test_overwrite_starts_a_new_search(make, tmp_path):
    build = _noting(tmp_path / "fits")
    make(build, objective="val_loss").search(X, Y, validation_split=0.25, verbose=0)
    again = make(build, objective="val_loss", overwrite=True)
    assert not again.oracle.trials
    again.search(X, Y, validation_split=0.25, verbose=0)
    assert len((tmp_path / "fits").read_text()) == 4


def _two(hp):
    hp.Choice("activation", ["relu", "tanh"])
    return regression(hp)


def _noting(path):
    """A HyperModel that counts its fits in a file."""

    class Noting(keras_tuner.HyperModel):
        def build(self, hp):
            return regression(hp)

        def fit(self, hp, model, *args, **kwargs):
            with path.open("a") as file:
                file.write("x")
            return model.fit(*args, **kwargs)

    return Noting()
