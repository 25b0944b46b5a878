"""Spaces that grow during a search, and trials that were added from outside."""

from typing import Any

import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine import trial as trial_module

from kubenas.search.oracles.base import SearchOracle
from kubenas.search.oracles.catalog import ORACLES
from kubenas.search.oracles.create import create_oracle

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

ours = pytest.mark.parametrize("name", [i.name for i in ORACLES if not i.is_from_keras_tuner])


def created(name: str, **options: Any) -> SearchOracle:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b", "c"])
    objective = keras_tuner.Objective("score", "max")
    return create_oracle(name, hp, objective, **{"seed": 1, "max_trials": 30, **options})


def run(oracle: SearchOracle, trial: Any) -> None:
    """Runs a trial. Its code declares more hyperparameters in later trials."""
    hp, number = trial.hyperparameters, int(trial.trial_id)
    score = "abc".index(hp["kind"]) + hp.Float("x", 0.0, 1.0)
    if number >= 8:
        with hp.conditional_scope("kind", ["b", "c"]):
            score += hp.Choice("late", [1, 2, 3], default=2) or 0
    oracle.update_trial(trial.trial_id, {"score": score})
    trial.status = "FAILED" if number == 5 else "COMPLETED"
    oracle.end_trial(trial)


def go_on(oracle: SearchOracle, upto: int) -> list[dict[str, Any]]:
    """Runs trials until ``upto`` have ended. Returns the proposals."""
    proposed = []
    while len(oracle.end_order) < upto:
        trial = oracle.create_trial("one")
        proposed.append(dict(trial.hyperparameters.values))
        run(oracle, trial)
    return proposed


@ours
def test_what_was_learnt_before_a_space_grew_is_kept(name):
    oracle = created(name)
    go_on(oracle, 8)
    before = oracle.history()
    go_on(oracle, 16)
    oracle.create_trial("one")
    names = [dimension.name for dimension in oracle.encoding.dimensions]
    assert names == ["kind", "x", "late"]
    after = oracle.history()
    np.testing.assert_array_equal(after.scores[:8], before.scores)
    np.testing.assert_array_equal(after.points[:8, 0], before.points[:, 0])
    active = after.points[:8, 0] > 0
    assert (after.points[:8, 2][active] == 1).all()  # the default, of the codes 0 to 2
    assert np.isnan(after.points[:8, 2][~active]).all()


@ours
def test_a_restart_after_a_space_grew_changes_no_proposal(name, tmp_path):
    steady, restless = created(name), created(name)
    for oracle, folder in ((steady, "steady"), (restless, "restless")):
        oracle._set_project_dir(tmp_path / folder, "p")
        go_on(oracle, 12)
    again = created(name)
    again._set_project_dir(tmp_path / "restless", "p")
    again.reload()
    assert go_on(again, 20) == go_on(steady, 20)


@ours
def test_a_journal_of_a_space_that_grew_can_be_replayed(name):
    steady, again = created(name), created(name)
    for values in go_on(steady, 12):
        again.recorded.append(values)
        run(again, again.create_trial("one"))
    assert go_on(again, 20) == go_on(steady, 20)


def given(kind: str, score: float, status: str = "COMPLETED", **more: Any) -> Any:
    hp = keras_tuner.HyperParameters()
    hp.Choice("kind", ["a", "b", "c"])
    hp.values["kind"] = kind
    for name, value in more.items():
        hp.Int(name, 0, 9)
        hp.values[name] = value
    trial = trial_module.Trial(hp, trial_id=f"given-{kind}", status=status)
    trial.score = score
    return trial


def put(oracle: SearchOracle, *trials: Any) -> None:
    oracle.trials.update({trial.trial_id: trial for trial in trials})


@ours
def test_given_trials_are_learned_from_and_not_repeated(name):
    oracle = created(name, max_trials=None)
    put(oracle, given("b", 0.5), given("a", 0.0, "FAILED"))
    trial = oracle.create_trial("one")
    history = oracle.history()
    assert trial.hyperparameters["kind"] == "c"
    assert history.points[:, 0].tolist() == [0.0, 1.0]
    np.testing.assert_array_equal(history.scores, [np.nan, 0.5])
    assert oracle.create_trial("two").status == "STOPPED"


@ours
def test_given_trials_bring_their_hyperparameters(name):
    oracle = created(name)
    put(oracle, given("b", 0.5, units=3))
    assert "units" in oracle.create_trial("one").hyperparameters.values
    strict = created(name, tune_new_entries=False)
    put(strict, given("b", 0.5, units=3))
    assert "units" not in strict.create_trial("one").hyperparameters.values


@ours
def test_trials_may_be_given_at_any_time(name):
    oracle = created(name)
    go_on(oracle, 14)
    put(oracle, given("c", 9.0))
    assert oracle.create_trial("one").status == "RUNNING"
    history = oracle.history()
    assert history.scores[0] == history.scores[np.isfinite(history.scores)].max() == 9.0
    assert oracle.get_best_trials()[0].trial_id == "given-c"
