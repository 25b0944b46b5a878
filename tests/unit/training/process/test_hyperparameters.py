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


def test_new_and_unused_hyperparameters_are_reported():
    tracked = TrackedHyperparameters(config({"units": 16, "idle": 3, "tuner/epochs": 4}))
    assert tracked.hp.Int("units", 8, 64) == 16
    assert tracked.hp.Float("rate", 0.1, 0.5) == 0.1
    declared = tracked.declared()
    assert [each["config"]["name"] for each in declared.new] == ["rate"]
    assert declared.values == {"rate": 0.1}
    assert declared.unused == ("idle",)


def test_hyperparameters_added_to_the_space_get_their_default():
    tracked = TrackedHyperparameters(config({}))
    assert tracked.hp.Int("units", 8, 64) == 8
    declared = tracked.declared()
    assert (declared.new, declared.values) == ((), {"units": 8})


def test_given_values_are_read_by_get_and_by_name():
    tracked = TrackedHyperparameters(config({"units": 16, "other": 1}))
    assert tracked.hp.get("units") == tracked.hp["units"] == 16
    assert tracked.declared().unused == ("other",)


def test_inactive_hyperparameters_are_declared_without_a_value():
    tracked = TrackedHyperparameters(None)
    tracked.hp.Choice("kind", ["a", "b"])
    tracked.hp.Int("width", 1, 2, parent_name="kind", parent_values=["b"])
    declared = tracked.declared()
    assert [each["config"]["name"] for each in declared.new] == ["kind", "width"]
    assert declared.values == {"kind": "a"}


def test_code_that_uses_no_proposed_name_raises():
    tracked = TrackedHyperparameters(config({"block_2/units": 16}))
    tracked.hp.Int("block_1/units", 8, 64)
    with pytest.raises(UserError, match=r"'block_1/units', but none of .* 'block_2/units'"):
        tracked.check_names()


def test_code_that_uses_some_proposed_names_passes():
    tracked = TrackedHyperparameters(config({"units": 16, "rate": 0.1}))
    tracked.hp.Int("units", 8, 64)
    tracked.hp.Boolean("new")
    tracked.check_names()
    TrackedHyperparameters(config({"units": 16})).check_names()  # of fit() alone: not asked yet


def test_the_declaration_of_a_huge_space_fits_into_a_result():
    tracked = TrackedHyperparameters(None)
    for number in range(2500):
        tracked.hp.Float(f"a_rather_long_name_of_a_hyperparameter_{number}", 0.0, 1.0)
    declared = tracked.declared()
    assert len(declared.to_json()) < 40_000
    assert declared.values.keys() == {each["config"]["name"] for each in declared.new}
    assert len(declared.new) > 50


def test_numpy_scalars_are_converted():
    tracked = TrackedHyperparameters(None)
    tracked.hp.Int("depth", 1, 5, default=np.int64(2))
    tracked.hp.Boolean("wide", default=np.bool_(True))
    declared = DeclaredHyperparameters.from_json(tracked.declared().to_json())
    assert declared.values == {"depth": 2, "wide": True}


def test_a_value_that_is_none_is_refused_by_its_name():
    tracked = TrackedHyperparameters(None)
    tracked.hp.Int("depth", 1, 5, default=np.array([2]))
    with pytest.raises(
        UserError, match="hyperparameter 'depth': a hyperparameter value cannot be of type ndarray"
    ):
        tracked.declared()


def test_a_closed_space_reports_no_new_hyperparameters():
    tracked = TrackedHyperparameters(None)
    tracked.allow_new = False
    tracked.hp.Int("depth", 1, 5)
    assert tracked.declared() == DeclaredHyperparameters()
