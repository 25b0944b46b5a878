"""A champion's entry in a model registry: complete, once, and completed where it was broken off."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.serving.handoff import hand_over
from kubenas.serving.registry import RegistryAway, register
from kubenas.serving_config import ServingConfig
from kubenas.storage import open_storage
from tests.unit.serving.champions import OUTPUT, record
from tests.unit.serving.model_registry import ModelRegistry, model_registry


@pytest.fixture
def registry() -> Iterator[ModelRegistry]:
    with model_registry() as server:
        yield server


def enter(registry: ModelRegistry, number: int = 3) -> None:
    register(record(number), registry.url + "/", name="digits", output=OUTPUT)


def test_an_entry_says_where_the_model_is_and_where_it_came_from(registry: ModelRegistry) -> None:
    enter(registry)
    (model,), (version,), (artifact,) = registry.models, registry.versions, registry.artifacts
    assert (model["name"], version["name"]) == ("digits", "abc")
    assert version["registeredModelId"] == model["id"]
    assert artifact["version"] == version["id"]
    assert artifact["uri"] == "s3://models/digits/searches/abc/export/a1/saved_model"
    properties = version["customProperties"]
    assert properties["data"]["string_value"] == "d" * 64
    assert properties["trial"]["string_value"] == "7"
    assert properties["test_accuracy"]["double_value"] == 0.9


def test_an_entry_is_made_once_also_when_the_model_comes_back(registry: ModelRegistry) -> None:
    enter(registry)
    enter(registry)
    enter(registry, number=5)
    assert registry.writes == 3


@pytest.mark.parametrize("made", [0, 1, 2])
def test_an_entry_that_was_broken_off_is_completed(registry: ModelRegistry, made: int) -> None:
    registry.broken_after = made
    with pytest.raises(RegistryAway, match=r"out of order.*run the same command again"):
        enter(registry)
    registry.broken_after = None
    enter(registry)
    assert registry.writes == 3
    assert len(registry.artifacts) == 1


def test_a_refusal_is_a_users_matter(registry: ModelRegistry) -> None:
    registry.status = 403
    with pytest.raises(UserError, match=r"HTTP 403.*correct serving\.registry"):
        enter(registry)


def test_a_registry_that_is_not_there_is_said_to_be_away() -> None:
    with pytest.raises(RegistryAway, match="does not answer"):
        register(record(), "http://127.0.0.1:1", name="digits", output=OUTPUT)


def test_a_handover_enters_the_champion_where_a_registry_is_named(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    config = ServingConfig(registry=registry.url)
    handoff = hand_over(record(), config, name="digits", output=open_storage(str(tmp_path)))
    assert handoff.message.endswith("in the model registry: model digits, version abc")
    assert len(registry.artifacts) == 1
