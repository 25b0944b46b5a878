"""A champion's entry in a model registry: complete, once, and completed where it was broken off."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_ssl_devcert

from kubenas.config.serving import ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes import environment as kubernetes_surroundings
from kubenas.scheduling.kubernetes.environment import NamespaceSettings
from kubenas.scheduling.policy import Policy
from kubenas.serving.handoff import hand_over
from kubenas.serving.registry import RegistryUnavailable, register
from kubenas.storage import open_storage
from tests.unit.serving.champions import OUTPUT, record
from tests.unit.serving.model_registry import ModelRegistry, model_registry


@pytest.fixture
def registry() -> Iterator[ModelRegistry]:
    with model_registry() as server:
        yield server


def enter(registry: ModelRegistry, number: int = 3) -> None:
    register(record(number), registry.url + "/", name="digits", output=OUTPUT)


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelRegistry]:
    """A registry at https://, and this process in a pod with a token."""
    certificate = make_ssl_devcert(str(tmp_path / "registry"), host="localhost")
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    (tmp_path / "token").write_text("secret\n", encoding="utf-8")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    with model_registry(certificate) as server:
        yield server


def host(registry: ModelRegistry) -> str:
    return f"{registry.host}:{registry.server_port}"


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
    with pytest.raises(RegistryUnavailable, match=r"out of order.*run the same command again"):
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
    with pytest.raises(RegistryUnavailable, match="does not respond"):
        register(record(), "http://127.0.0.1:1", name="digits", output=OUTPUT)


def test_a_handover_enters_the_champion_where_a_registry_is_named(
    registry: ModelRegistry, tmp_path: Path
) -> None:
    config = ServingConfig(registry=registry.url)
    handoff = hand_over(record(), config, name="digits", output=open_storage(str(tmp_path)))
    assert handoff.message.endswith("in the model registry: model digits, version abc")
    assert len(registry.artifacts) == 1


def test_the_token_is_shown_to_a_host_that_is_trusted(secured: ModelRegistry) -> None:
    register(record(), secured.url, name="digits", output=OUTPUT, trusted=[host(secured)])
    assert set(secured.shown) == {"Bearer secret"}
    assert len(secured.artifacts) == 1


@pytest.mark.parametrize("trusted", [[], ["localhost"], ["localhost:1", "127.0.0.1"]])
def test_the_token_is_shown_to_no_other_host(secured: ModelRegistry, trusted: list[str]) -> None:
    register(record(), secured.url, name="digits", output=OUTPUT, trusted=trusted)
    assert set(secured.shown) == {None}


def test_a_trusted_host_before_the_at_sign_is_not_the_host(secured: ModelRegistry) -> None:
    url = secured.url.replace("://", "://registry.example@")
    register(record(), url, name="digits", output=OUTPUT, trusted=["registry.example"])
    assert set(secured.shown) == {None}


def test_the_token_is_never_shown_without_encryption(
    secured: ModelRegistry, registry: ModelRegistry
) -> None:
    register(record(), registry.url, name="digits", output=OUTPUT, trusted=[host(registry)])
    assert set(registry.shown) == {None}


def test_a_redirect_is_not_followed(secured: ModelRegistry, registry: ModelRegistry) -> None:
    secured.elsewhere = registry.url
    with pytest.raises(UserError, match=r"HTTP 307.*redirects are not followed"):
        register(record(), secured.url, name="digits", output=OUTPUT, trusted=[host(secured)])
    assert not registry.shown


def test_who_asks_for_a_token_that_was_not_sent_says_who_may_allow_it(
    secured: ModelRegistry,
) -> None:
    secured.status = 401
    with pytest.raises(UserError, match=r"no token was sent.*policy\.registries"):
        register(record(), secured.url, name="digits", output=OUTPUT)


def test_a_handover_trusts_whom_the_chart_names(
    secured: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ServingConfig(registry=secured.url)
    for trusted, shown in ((host(secured), "Bearer secret"), ("registry.example", None)):
        said = NamespaceSettings({}, Policy(registries=(trusted,)))
        monkeypatch.setattr(kubernetes_surroundings, "namespace_settings", lambda said=said: said)
        secured.shown.clear()
        hand_over(record(), config, name="digits", output=open_storage(str(tmp_path)))
        assert set(secured.shown) == {shown}


def test_what_is_no_url_is_a_users_mistake(secured: ModelRegistry) -> None:
    with pytest.raises(UserError, match=r"serving\.registry: https://\[.*not a valid URL"):
        register(record(), "https://[", name="digits", output=OUTPUT)
