"""Tests of the record of hyperparameters that user code reads and defines."""

import keras_tuner
import numpy as np
import pytest

from kubenas.errors import UserError
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.trial import DeclaredHyperparameters


def config(values, *, declare=lambda hp: hp.Int("units", 8, 64)):
    hp = keras_tuner.HyperParameters()
    declare(hp)
    return {**hp.get_config(), "values": values}


def test_new_names_are_told_with_their_values_and_values_nobody_asked_for():
    tracked = TrackedHyperparameters(config({"units": 16, "idle": 3, "tuner/epochs": 4}))
    assert tracked.hp.Int("units", 8, 64) == 16
    assert tracked.hp.Float("rate", 0.1, 0.5) == 0.1
    declared = tracked.declared()
    assert [each["config"]["name"] for each in declared.new] == ["rate"]
    assert declared.values == {"rate": 0.1}
    assert declared.unused == ("idle",)


def test_what_the_space_has_grown_by_since_has_its_default():
    tracked = TrackedHyperparameters(config({}))
    assert tracked.hp.Int("units", 8, 64) == 8
    declared = tracked.declared()
    assert (declared.new, declared.values) == ((), {"units": 8})


def test_given_values_are_read_by_get_and_by_name():
    tracked = TrackedHyperparameters(config({"units": 16, "other": 1}))
    assert tracked.hp.get("units") == tracked.hp["units"] == 16
    assert tracked.declared().unused == ("other",)


def test_inactive_ones_are_declared_without_a_value():
    tracked = TrackedHyperparameters(None)
    tracked.hp.Choice("kind", ["a", "b"])
    tracked.hp.Int("width", 1, 2, parent_name="kind", parent_values=["b"])
    declared = tracked.declared()
    assert [each["config"]["name"] for each in declared.new] == ["kind", "width"]
    assert declared.values == {"kind": "a"}


def test_code_that_asks_for_none_of_the_proposed_names_is_told():
    tracked = TrackedHyperparameters(config({"block_2/units": 16}))
    tracked.hp.Int("block_1/units", 8, 64)
    with pytest.raises(UserError, match=r"'block_1/units', and none of .* 'block_2/units'"):
        tracked.check_names()


def test_code_that_asks_for_some_of_the_proposed_names_passes():
    tracked = TrackedHyperparameters(config({"units": 16, "rate": 0.1}))
    tracked.hp.Int("units", 8, 64)
    tracked.hp.Boolean("new")
    tracked.check_names()
    TrackedHyperparameters(config({"units": 16})).check_names()  # of fit() alone: not asked yet


def test_what_is_told_of_a_huge_space_fits_into_a_result():
    tracked = TrackedHyperparameters(None)
    for number in range(2500):
        tracked.hp.Float(f"a_rather_long_name_of_a_hyperparameter_{number}", 0.0, 1.0)
    declared = tracked.declared()
    assert len(declared.to_json()) < 40_000
    assert declared.values.keys() == {each["config"]["name"] for each in declared.new}
    assert len(declared.new) > 50


def test_numbers_of_numpy_are_told_as_pythons_own():
    tracked = TrackedHyperparameters(None)
    tracked.hp.Int("depth", 1, 5, default=np.int64(2))
    tracked.hp.Boolean("wide", default=np.bool_(True))
    declared = DeclaredHyperparameters.from_json(tracked.declared().to_json())
    assert declared.values == {"depth": 2, "wide": True}


def test_a_value_that_is_none_is_refused_by_its_name():
    tracked = TrackedHyperparameters(None)
    tracked.hp.Int("depth", 1, 5, default=np.array([2]))
    with pytest.raises(
        UserError, match="hyperparameter 'depth': a hyperparameter value cannot be a ndarray"
    ):
        tracked.declared()


def test_where_nothing_may_be_added_nothing_is_told():
    tracked = TrackedHyperparameters(None)
    tracked.allow_new = False
    tracked.hp.Int("depth", 1, 5)
    assert tracked.declared() == DeclaredHyperparameters()
