"""Tests of space exploration, compared with the initial space of Keras-Tuner."""

import keras
import keras_tuner
import pytest

from kubenas.errors import UserError
from kubenas.training.model.exploration import explore


def names(hp: keras_tuner.HyperParameters) -> set[str]:
    return {hyperparameter.name for hyperparameter in hp.space}


def loops(hp):
    for block in range(hp.Int("blocks", 1, 3)):
        for layer in range(hp.Int(f"layers_{block}", 1, 2)):
            hp.Int(f"units_{block}_{layer}", 8, 64)
    return keras.Sequential()


def branches(hp):
    if hp.Boolean("augment"):
        hp.Float("strength", 0.0, 1.0)
    if hp.Choice("kind", ["dense", "conv", "both"]) == "both":
        hp.Choice("order", ["dense-first", "conv-first"])
    if hp.Float("dropout", 0.0, 0.5) > 0:
        hp.Choice("where", ["inside", "before"])
    return keras.Sequential()


def scopes(hp):
    kind = hp.Choice("kind", ["dense", "conv"])
    with hp.conditional_scope("kind", ["dense"]):
        if kind == "dense":
            hp.Int("units", 8, 64)
    with hp.conditional_scope("kind", ["conv"]):
        if kind == "conv":
            for k in range(hp.Int("layers", 1, 2)):
                hp.Int(f"filters_{k}", 8, 64)
    return keras.Sequential()


def keras_tuners(build, tmp_path) -> set[str]:
    """Returns the space that Keras-Tuner finds before the first trial."""
    tuner = keras_tuner.RandomSearch(build, "val_loss", max_trials=1, directory=tmp_path)
    return names(tuner.oracle.get_space())


@pytest.mark.parametrize(
    ("build", "missed"),
    [
        (
            loops,
            {"units_0_1", "layers_1", "units_1_0", "units_1_1", "layers_2", "units_2_0"}
            | {"units_2_1"},
        ),
        (branches, {"strength", "order", "where"}),
        (scopes, {"filters_1"}),
    ],
)
def test_exploration_finds_more_than_keras_tuner(build, missed, tmp_path):
    found = names(explore(build))
    assert found == keras_tuners(build, tmp_path) | missed
    assert not missed & keras_tuners(build, tmp_path)


def test_values_are_the_defaults_of_what_is_active_at_the_defaults():
    hp = explore(scopes)
    assert hp.values == {"kind": "dense", "units": 8}
    assert [str(condition.name) for condition in hp.space[-1].conditions] == ["kind"]


def test_a_failing_build_keeps_its_hyperparameters(caplog):
    def build(hp):
        if hp.Boolean("deep"):
            hp.Int("depth", 1, 9)
            raise ValueError("negative dimension")

    with caplog.at_level("INFO"):
        assert names(explore(build)) == {"deep", "depth"}
    assert "builds failed, the first: ValueError: negative dimension" in caplog.text


def test_a_failing_default_build_raises_the_users_error():
    def build(hp):
        raise ZeroDivisionError(hp.Int("depth", 1, 2))

    with pytest.raises(ZeroDivisionError):
        explore(build)


def test_names_that_count_builds_are_refused():
    count = 0

    def build(hp):
        nonlocal count
        count += 1
        hp.Int(f"units_{count}", 1, 2)

    with pytest.raises(UserError, match=r"first units_1, then units_\d+; build\(\) must use"):
        explore(build, seconds=0)


def test_no_build_starts_after_the_time_limit():
    times = iter(range(1000))
    visited = []

    def build(hp):
        visited.append(hp.values.get("blocks"))
        loops(hp)

    explore(build, seconds=3, clock=lambda: float(next(times)))
    assert len(visited) == 4  # the defaults, two more, and the defaults again
