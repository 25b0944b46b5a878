"""What an attempt's code asked for beside what it was given."""

import keras_tuner
import numpy as np
import pytest

from kubenas.errors import UserError
from kubenas.training.process.declared import GivenHyperparameters
from kubenas.trial import Declared


def config(values, *, declare=lambda hp: hp.Int("units", 8, 64)):
    hp = keras_tuner.HyperParameters()
    declare(hp)
    return {**hp.get_config(), "values": values}


def test_new_names_are_told_with_their_values_and_values_nobody_asked_for():
    given = GivenHyperparameters(config({"units": 16, "idle": 3, "tuner/epochs": 4}))
    assert given.hp.Int("units", 8, 64) == 16
    assert given.hp.Float("rate", 0.1, 0.5) == 0.1
    declared = given.declared()
    assert [each["config"]["name"] for each in declared.new] == ["rate"]
    assert declared.values == {"rate": 0.1}
    assert declared.unused == ("idle",)


def test_what_the_space_has_grown_by_since_has_its_default():
    given = GivenHyperparameters(config({}))
    assert given.hp.Int("units", 8, 64) == 8
    declared = given.declared()
    assert (declared.new, declared.values) == ((), {"units": 8})


def test_given_values_are_read_by_get_and_by_name():
    given = GivenHyperparameters(config({"units": 16, "other": 1}))
    assert given.hp.get("units") == given.hp["units"] == 16
    assert given.declared().unused == ("other",)


def test_inactive_ones_are_declared_without_a_value():
    given = GivenHyperparameters(None)
    given.hp.Choice("kind", ["a", "b"])
    given.hp.Int("width", 1, 2, parent_name="kind", parent_values=["b"])
    declared = given.declared()
    assert [each["config"]["name"] for each in declared.new] == ["kind", "width"]
    assert declared.values == {"kind": "a"}


def test_code_that_asks_for_none_of_the_proposed_names_is_told():
    given = GivenHyperparameters(config({"block_2/units": 16}))
    given.hp.Int("block_1/units", 8, 64)
    with pytest.raises(UserError, match=r"'block_1/units', and for none .* 'block_2/units'"):
        given.check_names()


def test_code_that_asks_for_some_of_the_proposed_names_passes():
    given = GivenHyperparameters(config({"units": 16, "rate": 0.1}))
    given.hp.Int("units", 8, 64)
    given.hp.Boolean("new")
    given.check_names()
    GivenHyperparameters(config({"units": 16})).check_names()  # of fit() alone: not asked yet


def test_what_is_told_of_a_huge_space_fits_into_a_result():
    given = GivenHyperparameters(None)
    for number in range(2500):
        given.hp.Float(f"a_rather_long_name_of_a_hyperparameter_{number}", 0.0, 1.0)
    declared = given.declared()
    assert len(declared.to_json()) < 40_000
    assert declared.values.keys() == {each["config"]["name"] for each in declared.new}
    assert len(declared.new) > 50


def test_numbers_of_numpy_are_told_as_pythons_own():
    given = GivenHyperparameters(None)
    given.hp.Int("depth", 1, 5, default=np.int64(2))
    given.hp.Boolean("wide", default=np.bool_(True))
    declared = Declared.from_json(given.declared().to_json())
    assert declared.values == {"depth": 2, "wide": True}


def test_a_value_that_is_none_is_refused_by_its_name():
    given = GivenHyperparameters(None)
    given.hp.Int("depth", 1, 5, default=np.array([2]))
    with pytest.raises(UserError, match="hyperparameter 'depth': ndarray is no value"):
        given.declared()


def test_where_nothing_may_be_added_nothing_is_told():
    given = GivenHyperparameters(None)
    given.may_grow = False
    given.hp.Int("depth", 1, 5)
    assert given.declared() == Declared()
