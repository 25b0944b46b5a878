"""Grid search tries the same combinations as Keras-Tuner's grid search."""

import keras_tuner
import pytest
from keras_tuner.oracles import GridSearchOracle

from kubenas.search.oracles.create import create_oracle
from kubenas.search.oracles.encoding.architectures import Limits
from tests.unit.search.oracles.spaces import Graph

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

OBJECTIVE = keras_tuner.Objective("score", "max")


def space():
    hp = keras_tuner.HyperParameters()
    hp.Int("units", 10, 40, step=10, default=20)
    hp.Float("rate", 0.1, 1.1)
    if hp.Boolean("dropout"):
        hp.Choice("unused", [1, 2])
    with hp.conditional_scope("dropout", [True]):
        hp.Choice("share", [0.2, 0.5])
    return hp


def tried(oracle, count=10_000):
    values = []
    for number in range(count):
        trial = oracle.create_trial(f"tuner{number}")
        if trial.status != "RUNNING":
            break
        values.append(dict(trial.hyperparameters.values))
        oracle.update_trial(trial.trial_id, {"score": 1.0})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return values


def as_set(values):
    return {tuple(sorted(each.items())) for each in values}


def test_it_tries_the_combinations_of_keras_tuner(tmp_path):
    theirs = GridSearchOracle(objective=OBJECTIVE, hyperparameters=space())
    theirs._set_project_dir(str(tmp_path), "grid")
    theirs = tried(theirs)
    ours = tried(create_oracle("grid", space(), OBJECTIVE, seed=1))
    assert len(ours) == len(as_set(ours)) == 4 * 11 * 3
    assert as_set(ours) == as_set(theirs)
    assert ours[0] == theirs[0]


def test_a_huge_space_begins_at_its_defaults():
    hp = keras_tuner.HyperParameters()
    for number in range(30):
        hp.Int(f"units_{number}", 0, 10**12, default=7)
    first, second, *_ = tried(create_oracle("grid", hp, OBJECTIVE, seed=1, max_trials=3), 3)
    assert set(first.values()) == {7}
    assert second == {**first, "units_29": 0}


def test_points_beyond_a_limit_are_skipped():
    hp = keras_tuner.HyperParameters()
    for number in range(10):
        hp.Boolean(f"b{number}")

    def graph(values):
        labels = [name for name, value in values.items() if value]
        return Graph.chain(["input", *labels], parameters=float(len(labels)))

    ours = tried(
        create_oracle("grid", hp, OBJECTIVE, seed=1, graph=graph, limits=Limits(parameters=1))
    )
    assert len(ours) == 1 + 10
