"""Registration of champions in a model registry."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_ssl_devcert

from kubenas.config.serving import ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes import environment as kubernetes_environment
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
    """A registry with TLS, for a process in a pod with a token."""
    certificate = make_ssl_devcert(str(tmp_path / "registry"), host="localhost")
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    (tmp_path / "token").write_text("secret\n", encoding="utf-8")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    with model_registry(certificate) as server:
        yield server


def host(registry: ModelRegistry) -> str:
    return f"{registry.host}:{registry.server_port}"


def test_entry_contains_uri_and_origin_of_the_model(registry: ModelRegistry) -> None:
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


def test_registration_is_idempotent(registry: ModelRegistry) -> None:
    enter(registry)
    enter(registry)
    enter(registry, number=5)
    assert registry.writes == 3


@pytest.mark.parametrize("made", [0, 1, 2])
def test_interrupted_registration_is_completed(registry: ModelRegistry, made: int) -> None:
    registry.broken_after = made
    with pytest.raises(RegistryUnavailable, match=r"out of order.*run the same command again"):
        enter(registry)
    registry.broken_after = None
    enter(registry)
    assert registry.writes == 3
    assert len(registry.artifacts) == 1


def test_refused_request_is_a_user_error(registry: ModelRegistry) -> None:
    registry.status = 403
    with pytest.raises(UserError, match=r"HTTP 403.*correct serving\.registry"):
        enter(registry)


def test_unreachable_registry_is_unavailable() -> None:
    with pytest.raises(RegistryUnavailable, match="does not respond"):
        register(record(), "http://127.0.0.1:1", name="digits", output=OUTPUT)


def test_hand_over_registers_the_champion(registry: ModelRegistry, tmp_path: Path) -> None:
    config = ServingConfig(registry=registry.url)
    handoff = hand_over(record(), config, name="digits", output=open_storage(str(tmp_path)))
    assert handoff.message.endswith("in the model registry: model digits, version abc")
    assert len(registry.artifacts) == 1


def test_token_is_sent_to_a_trusted_host(secured: ModelRegistry) -> None:
    register(record(), secured.url, name="digits", output=OUTPUT, trusted=[host(secured)])
    assert set(secured.shown) == {"Bearer secret"}
    assert len(secured.artifacts) == 1


@pytest.mark.parametrize("trusted", [[], ["localhost"], ["localhost:1", "127.0.0.1"]])
def test_token_is_not_sent_to_other_hosts(secured: ModelRegistry, trusted: list[str]) -> None:
    register(record(), secured.url, name="digits", output=OUTPUT, trusted=trusted)
    assert set(secured.shown) == {None}


def test_user_info_of_the_url_is_not_mistaken_for_the_host(secured: ModelRegistry) -> None:
    url = secured.url.replace("://", "://registry.example@")
    register(record(), url, name="digits", output=OUTPUT, trusted=["registry.example"])
    assert set(secured.shown) == {None}


def test_token_is_not_sent_without_tls(secured: ModelRegistry, registry: ModelRegistry) -> None:
    register(record(), registry.url, name="digits", output=OUTPUT, trusted=[host(registry)])
    assert set(registry.shown) == {None}


def test_redirects_are_not_followed(secured: ModelRegistry, registry: ModelRegistry) -> None:
    secured.elsewhere = registry.url
    with pytest.raises(UserError, match=r"HTTP 307.*redirects are not followed"):
        register(record(), secured.url, name="digits", output=OUTPUT, trusted=[host(secured)])
    assert not registry.shown


def test_missing_token_error_names_the_policy(
    secured: ModelRegistry,
) -> None:
    secured.status = 401
    with pytest.raises(UserError, match=r"no token was sent.*policy\.registries"):
        register(record(), secured.url, name="digits", output=OUTPUT)


def test_hand_over_trusts_the_hosts_of_the_chart(
    secured: ModelRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ServingConfig(registry=secured.url)
    for trusted, shown in ((host(secured), "Bearer secret"), ("registry.example", None)):
        said = NamespaceSettings({}, Policy(registries=(trusted,)))
        monkeypatch.setattr(
            kubernetes_environment, "read_namespace_settings", lambda said=said: said
        )
        secured.shown.clear()
        hand_over(record(), config, name="digits", output=open_storage(str(tmp_path)))
        assert set(secured.shown) == {shown}


def test_invalid_url_is_a_user_error(secured: ModelRegistry) -> None:
    with pytest.raises(UserError, match=r"serving\.registry: https://\[.*not a valid URL"):
        register(record(), "https://[", name="digits", output=OUTPUT)
