"""Settings that follow from the data."""

from typing import Any

import pytest

from kubenas.config import (
    Config,
    default_space,
    explain_defaults,
    parse_config,
    with_defaults,
)


def resolved(examples: int = 7_000, **content: Any) -> Config:
    least = {"name": "n", "output": "/out", "data": {"source": "digits"}}
    config = parse_config({**least, **content}, origin="test")
    return with_defaults(config, kind="image", shape=(32, 32, 3), train_examples=examples)


def test_three_lines_give_a_space_epochs_and_rungs() -> None:
    config = resolved()
    assert config.space.name == "residual"
    assert config.training.epochs == 30
    assert config.search.rungs.eta == 3


@pytest.mark.parametrize(
    ("shape", "space"), [((96, 64, 3), "residual"), ((97, 8, 1), "mobile"), ((8, 224, 3), "mobile")]
)
def test_large_images_have_a_space_of_their_own(shape: tuple[int, int, int], space: str) -> None:
    assert default_space("image", shape) == space


@pytest.mark.parametrize(
    ("examples", "epochs"), [(300, 81), (1_257, 54), (50_000, 16), (10_000_000, 12)]
)
def test_fewer_examples_mean_more_epochs(examples: int, epochs: int) -> None:
    assert resolved(examples).epochs == epochs


def test_fine_tuning_has_fewer_epochs() -> None:
    pretrained = {"name": "transfer", "weights": "net.keras"}
    assert resolved(1_257, space=pretrained).epochs == 18
    assert resolved(1_257, space=pretrained, training={"epochs": 5}).epochs == 5


def test_what_the_user_sets_is_kept() -> None:
    config = resolved(
        space={"name": "layers"}, training={"epochs": 8}, search={"rungs": {"eta": 1}}
    )
    assert (config.space.name, config.epochs) == ("layers", 8)
    assert config.search.rungs.factor is None
    assert with_defaults(config, kind="image", shape=(8, 8, 1), train_examples=10) == config


@pytest.mark.parametrize(
    "content",
    [
        {"space": {"hypermodel": "mine.py:Mine"}},
        {"search": {"oracle": "hyperband"}},
        {"search": {"oracle": "keras_tuner.oracles.RandomSearchOracle"}},
        {"search": {"max_trials": 8}},
        {"search": {"objective": "val_accuracy, parameters"}},
        {"search": {"reuse": "last-best"}},
        {"training": {"epochs": 5}},
    ],
)
def test_there_are_no_rungs_where_they_do_not_help(content: dict[str, Any]) -> None:
    assert resolved(**content).search.rungs.factor is None


def test_rungs_that_the_user_sets_have_enough_epochs() -> None:
    config = resolved(10_000_000, search={"rungs": {"eta": 8}})
    assert config.epochs == 16
    assert parse_config(config.model_dump(mode="json"), origin="test") == config


def test_applying_the_defaults_twice_changes_nothing() -> None:
    config = resolved()
    assert with_defaults(config, kind="image", shape=(8, 8, 1), train_examples=10) == config


def explained(shape: tuple[int, int, int] = (32, 32, 3), **content: Any) -> list[str]:
    least = {"name": "n", "output": "/out", "data": {"source": "digits"}}
    written = parse_config({**least, **content}, origin="test")
    used = with_defaults(written, kind="image", shape=shape, train_examples=7_000)
    return explain_defaults(written, used, kind="image", shape=shape, train_examples=7_000)


def test_each_setting_that_was_left_open_is_explained() -> None:
    assert explained() == [
        "Search space residual: the default for images up to 96 pixels; these have 32 x 32.",
        "30 epochs, with 7,000 training examples.",
        "Rungs with eta 3: short trainings of many networks, and at least 1 in 3 is trained 3"
        " times as long.",
    ]
    space, *_ = explained(shape=(224, 192, 3))
    assert space == (
        "Search space mobile: the default for images of more than 96 pixels; these have 224 x 192."
    )


def test_texts_have_a_space_of_their_own() -> None:
    written = parse_config(
        {"name": "n", "output": "/out", "data": {"source": "texts.csv"}}, origin="test"
    )
    used = with_defaults(written, kind="text", shape=(256,), train_examples=7_000)
    assert (default_space("text", (256,)), used.space.name) == ("text", "text")
    assert (used.epochs, used.search.rungs.eta) == (30, 3)
    assert with_defaults(used, kind="text", shape=(256,), train_examples=7_000) == used
    space, *others = explain_defaults(
        written, used, kind="text", shape=(256,), train_examples=7_000
    )
    assert space == "Search space text: the default for texts."
    assert others == explained()[1:]


def test_a_hypermodel_for_texts_is_kept() -> None:
    config = resolved(space={"hypermodel": "mine.py:Mine"})
    assert (
        with_defaults(config, kind="text", shape=(64,), train_examples=7_000).space == config.space
    )


def test_what_the_user_sets_is_not_explained() -> None:
    sections = {"space": {"name": "layers"}, "training": {"epochs": 8}}
    assert explained(**sections, search={"rungs": {"eta": 1}}) == []
    assert explained(**sections, search={"max_trials": 4}) == []


def test_a_search_that_a_budget_ends_says_so() -> None:
    *_, last = explained(search={"max_seconds": 60})
    assert last == "As many trials as the budget of the search allows."
