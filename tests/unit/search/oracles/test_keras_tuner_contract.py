"""Keras-Tuner's documented behaviour, for our oracles and its own, in a plain Tuner."""

from pathlib import Path
from typing import Any

import keras_tuner
import pytest

from kubenas.search.oracles.catalog import ORACLES
from kubenas.search.oracles.create import create_oracle

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

every = pytest.mark.parametrize("name", [info.name for info in ORACLES])
ours = pytest.mark.parametrize("name", [i.name for i in ORACLES if not i.is_from_keras_tuner])


class PlainTuner(keras_tuner.Tuner):
    """Runs a function of hyperparameters in each trial, and records the ids of trials."""

    def __init__(self, oracle: keras_tuner.Oracle, run: Any, folder: Path, **more: Any) -> None:
        self.run, self.ran = run, []
        super().__init__(oracle, directory=folder, project_name="p", **more)

    def run_trial(self, trial: Any, **_: Any) -> Any:
        self.ran.append(trial.trial_id)
        return self.run(trial.hyperparameters)


def created(name: str, **options: Any) -> keras_tuner.Oracle:
    """Creates an oracle over one float, a space that is never exhausted."""
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    own = {"hyperband_iterations": 2, "max_epochs": 4} if name == "hyperband" else {}
    defaults = {"objective": keras_tuner.Objective("score", "min"), "seed": 1, "max_trials": 8}
    return create_oracle(name, hp, **{**defaults, **own, **options})


def search(oracle: keras_tuner.Oracle, run: Any, folder: Path) -> PlainTuner:
    tuner = PlainTuner(oracle, run, folder)
    tuner.search(verbose=0)
    return tuner


def scored(hp: keras_tuner.HyperParameters) -> dict[str, float]:
    return {"score": hp["x"]}


def broken(hp: keras_tuner.HyperParameters) -> None:
    raise ValueError(f"no model at {hp['x']}")


@every
def test_three_failures_in_a_row_end_the_search(name, tmp_path):
    oracle = created(name)
    with pytest.raises(RuntimeError, match=r"limit of 3\.[\s\S]*no model at"):
        search(oracle, broken, tmp_path)
    assert [trial.status for trial in oracle.trials.values()] == ["FAILED"] * 3


@every
def test_the_limit_of_failures_in_a_row_can_be_set(name, tmp_path):
    oracle = created(name, max_consecutive_failed_trials=5)
    with pytest.raises(RuntimeError, match="limit of 5"):
        search(oracle, broken, tmp_path)
    assert len(oracle.trials) == 5


@every
def test_the_limit_of_failures_can_be_disabled(name, tmp_path):
    oracle = created(name, max_consecutive_failed_trials=None)
    assert len(search(oracle, broken, tmp_path).ran) == 8


@every
def test_a_score_resets_the_count_of_failures(name, tmp_path):
    oracle = created(name)

    def run(hp: keras_tuner.HyperParameters) -> Any:
        return scored(hp) if len(oracle.trials) % 3 == 0 else broken(hp)

    assert len(search(oracle, run, tmp_path).ran) == 8


@every
def test_a_failed_trial_is_retried_with_the_same_values(name, tmp_path):
    oracle = created(name, max_retries_per_trial=2)
    seen: list[float] = []

    def run(hp: keras_tuner.HyperParameters) -> Any:
        seen.append(hp["x"])
        return scored(hp) if len(seen) not in {1, 2, 4, 5, 6} else broken(hp)

    tuner = search(oracle, run, tmp_path)
    first, second, *others = oracle.start_order
    assert tuner.ran == [first] * 3 + [second] * 3 + others
    assert len(set(seen[:3])) == len(set(seen[3:6])) == 1
    assert oracle.trials[first].status == "COMPLETED"
    assert oracle.trials[second].status == "FAILED"


@every
def test_a_trial_with_nan_score_is_retried(name, tmp_path):
    oracle = created(name, max_retries_per_trial=1, max_trials=2)
    tuner = search(oracle, lambda _: {"score": float("nan")}, tmp_path)
    assert [tuner.ran.count(trial) for trial in oracle.start_order] == [2, 2]


def with_late(hp: keras_tuner.HyperParameters) -> dict[str, float]:
    return {"score": hp["x"] + hp.Choice("late", [1, 2, 3], default=2)}


@every
def test_new_entries_are_searched(name, tmp_path):
    oracle = created(name)
    search(oracle, with_late, tmp_path)
    assert [each.name for each in oracle.get_space().space] == ["x", "late"]
    late = [trial.hyperparameters["late"] for trial in oracle.trials.values()]
    assert late[0] == 2
    assert len(set(late)) > 1


@every
def test_new_entries_that_are_not_to_be_tuned_keep_their_defaults(name, tmp_path):
    oracle = created(name, tune_new_entries=False)
    search(oracle, with_late, tmp_path)
    assert [each.name for each in oracle.get_space().space] == ["x"]
    assert {trial.hyperparameters["late"] for trial in oracle.trials.values()} == {2}
    assert len({trial.hyperparameters["x"] for trial in oracle.trials.values()}) > 4


@every
def test_new_entries_that_are_not_allowed_are_an_error(name, tmp_path):
    oracle = created(name, allow_new_entries=False)
    with pytest.raises(RuntimeError, match=r"found new entries[\s\S]*late"):
        search(oracle, with_late, tmp_path)


@every
@pytest.mark.parametrize("direction", ["min", "max"])
def test_a_score_is_the_best_step_by_its_mean_over_executions(name, direction, tmp_path):
    oracle = created(name, objective=keras_tuner.Objective("score", direction))
    oracle._set_project_dir(tmp_path, "p")
    trial = oracle.create_trial("one")
    for step, values in enumerate([[0.5, 0.5], [0.1, 0.5], [0.9, 0.5]]):
        for value in values:
            oracle.update_trial(trial.trial_id, {"score": value}, step=step)
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    (best,) = oracle.get_best_trials()
    assert (best.score, best.best_step) == ((0.3, 1) if direction == "min" else (0.7, 2))


@every
def test_the_best_trials_come_first_and_those_without_a_score_last(name, tmp_path, capsys):
    oracle = created(name)

    def run(hp: keras_tuner.HyperParameters) -> Any:
        return broken(hp) if len(oracle.trials) == 2 else scored(hp)

    tuner = search(oracle, run, tmp_path)
    *completed, failed = oracle.get_best_trials(8)
    scores = [trial.score for trial in completed]
    assert scores == sorted(scores)
    assert failed.status == "FAILED"
    tuner.results_summary(1)
    assert f"Score: {scores[0]}" in capsys.readouterr().out
    assert tuner.get_best_hyperparameters()[0]["x"] == scores[0]


@every
def test_an_unknown_option_is_refused(name):
    with pytest.raises(TypeError, match="max_tirals"):
        created(name, max_tirals=3)


def test_hyperband_takes_its_own_options(tmp_path):
    oracle = created("hyperband", max_trials=None, max_epochs=9, factor=3, hyperband_iterations=1)
    oracle._set_project_dir(tmp_path, "p")
    epochs = []
    while (trial := oracle.create_trial("one")).status == "RUNNING":
        epochs.append(trial.hyperparameters["tuner/epochs"])
        oracle.update_trial(trial.trial_id, scored(trial.hyperparameters))
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    assert max(epochs) == 9
    assert min(epochs) == 1


class Killed(BaseException):
    """Raised to simulate a kill while a trial runs."""


@ours
def test_a_killed_search_resumes(name, tmp_path):
    steady = search(created(name, max_trials=16), with_late, tmp_path / "steady")

    def killed(hp: keras_tuner.HyperParameters) -> Any:
        if len(oracle.trials) == 11:
            raise Killed
        return with_late(hp)

    oracle = created(name, max_trials=16)
    with pytest.raises(Killed):
        search(oracle, killed, tmp_path / "killed")
    again = PlainTuner(created(name, max_trials=16), with_late, tmp_path / "killed")
    again.search(verbose=0)
    assert len(again.ran) == 6
    assert values(again.oracle) == values(steady.oracle)
    best, expected = (each.oracle.get_best_trials()[0] for each in (again, steady))
    assert (best.trial_id, best.score) == (expected.trial_id, expected.score)


@ours
def test_a_finished_search_runs_no_more_trials(name, tmp_path):
    search(created(name), scored, tmp_path)
    again = PlainTuner(created(name), broken, tmp_path)
    again.search(verbose=0)
    assert again.ran == []
    assert len(again.get_best_hyperparameters(8)) == 8


def values(oracle: keras_tuner.Oracle) -> dict[str, Any]:
    return {name: trial.hyperparameters.values for name, trial in sorted(oracle.trials.items())}
