"""Tests of the space of a tuner before its first trial."""

import keras_tuner
import pytest

import kubenas
from tests.unit.tuner.models import regression

pytestmark = pytest.mark.filterwarnings("ignore")


def with_a_loop(hp):
    for layer in range(hp.Int("layers", 1, 3)):
        hp.Int(f"width_{layer}", 4, 8)
    return regression(hp)


def names(tuner) -> set[str]:
    return {each.name for each in tuner.oracle.get_space().space}


def test_loops_are_explored_at_maximum_length(tmp_path):
    options = {"objective": "val_loss", "max_trials": 1, "directory": tmp_path}
    plain = names(keras_tuner.RandomSearch(with_a_loop, project_name="plain", **options))
    ours = names(kubenas.Tuner(with_a_loop, project_name="ours", **options))
    assert ours - plain == {"width_1", "width_2"}
    assert plain < ours


def test_a_closed_space_is_not_explored(tmp_path):
    hp = keras_tuner.HyperParameters()
    hp.Int("layers", 1, 3)
    tuner = kubenas.Tuner(
        with_a_loop,
        objective="val_loss",
        hyperparameters=hp,
        tune_new_entries=False,
        directory=tmp_path,
    )
    assert names(tuner) == {"layers"}


def test_a_hyperparameter_that_the_user_fixes_stays_fixed(tmp_path):
    hp = keras_tuner.HyperParameters()
    hp.Fixed("layers", 2)
    tuner = kubenas.Tuner(with_a_loop, objective="val_loss", hyperparameters=hp, directory=tmp_path)
    found = {each.name: type(each).__name__ for each in tuner.oracle.get_space().space}
    assert found["layers"] == "Fixed"
    assert {"width_0", "width_1"} <= found.keys()
