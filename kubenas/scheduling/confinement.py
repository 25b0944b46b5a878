"""What pods of trials and of model servers may have of what could widen their rights. Pure.

The chart's ValidatingAdmissionPolicy, templates/admission-policy.yaml, says the same of their Jobs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubenas.config import PodConfig, ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.policy import Policy
from kubenas.scheduling.store_credentials import SECRET

_VARIABLE_SOURCES = ("configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef")
_PROJECTED = ("clusterTrustBundle", "configMap", "downwardAPI", "secret")
"""Of what a projected volume may hold: all but tokens and certificates of a service account."""

_Content = Mapping[str, Any]


def check_confinement(pod: PodConfig, policy: Policy, *, account: str | None) -> None:
    """Refuses what the pod of a trial may not have in a namespace.

    Args:
        pod: as trials would get it.
        policy: of the namespace.
        account: service account that the namespace's defaults name; it is allowed.

    Raises:
        UserError: names the first key that asks for it, and who may allow it if anybody may.
    """
    accounts = {*policy.service_accounts, *([account] if account else ())}
    _check_account(pod.service_account, sorted(accounts))
    for name in pod.annotations:
        _check_annotation(name, policy.annotations)
    for key, volume in _volumes(pod):
        _check_volume(key, volume, policy.volumes)
    for key, source in _variable_sources(pod):
        _check_kinds(key, source, _VARIABLE_SOURCES, "a variable comes from")
    allowed = {SECRET, *policy.secrets}
    for key, secret in _secrets(pod):
        if secret not in allowed:
            raise _not_allowed(
                f"runner.pod.{key}", f"Secret {secret!r}", "policy.secrets", sorted(allowed)
            )


def check_serving(config: ServingConfig, policy: Policy) -> None:
    """Refuses a service account that model servers, which run what was trained, may not have.

    Raises:
        UserError: ``config`` names it.
    """
    account, allowed = config.service_account, policy.serving_accounts
    if config.kind == "kserve" and account is not None and account not in allowed:
        raise _not_allowed(
            "serving.service_account", f"{account!r}", "policy.servingAccounts", allowed
        )


def _check_account(account: str | None, allowed: Sequence[str]) -> None:
    if account is not None and account not in allowed:
        raise _not_allowed(
            "runner.pod.service_account", f"{account!r}", "policy.serviceAccounts", allowed
        )


def _check_annotation(name: str, allowed: Sequence[str]) -> None:
    """Only who confines pods reads annotations with a domain; those without one are people's."""
    for each in allowed:
        if name == each or (each.endswith("/") and name.startswith(each)):
            return
    if "/" in name:
        raise _not_allowed("runner.pod.annotations", f"{name!r}", "policy.annotations", allowed)


def _check_volume(key: str, volume: _Content, allowed: Sequence[str]) -> None:
    source = {kind: content for kind, content in volume.items() if kind != "name"}
    if len(source) != 1:
        raise UserError(f"runner.pod.{key}: a volume has one source, found {list(source)}")
    _check_kinds(key, source, allowed, "volumes are of kind", "policy.volumes")
    for each in _nested_list(source.get("projected"), "sources"):
        _check_kinds(key, each, _PROJECTED, "a projected volume holds")


def _check_kinds(
    key: str, source: _Content, allowed: Sequence[str], words: str, setting: str | None = None
) -> None:
    for kind in source:
        if kind not in allowed:
            by = f"; ask the administrator of the namespace for {setting}" if setting else ""
            raise UserError(
                f"runner.pod.{key}: {kind} is not allowed: {words} {', '.join(allowed)}{by}"
            )


def _not_allowed(key: str, what: str, setting: str, allowed: Sequence[str]) -> UserError:
    return UserError(
        f"{key}: {what} is not allowed in this namespace, which allows"
        f" {', '.join(allowed) or 'none'}; ask its administrator for {setting} in the chart"
    )


def _volumes(pod: PodConfig) -> Iterator[tuple[str, _Content]]:
    if pod.cache:
        yield "cache", pod.cache
    for volume in pod.volumes:
        yield "volumes", volume


def _variable_sources(pod: PodConfig) -> Iterator[tuple[str, _Content]]:
    for name, value in pod.env.items():
        if not isinstance(value, str):
            yield f"env.{name}", value


def _secrets(pod: PodConfig) -> Iterator[tuple[str, Any]]:
    """Names of Secrets whose content a trial would get, with the key that names each."""
    for name in pod.secrets:
        yield "secrets", name
    for key, source in _variable_sources(pod):
        if "secretKeyRef" in source:
            yield key, _nested(source, "secretKeyRef", "name")
    for key, volume in _volumes(pod):
        if "secret" in volume:
            yield key, _nested(volume, "secret", "secretName")
        if _nested(volume, "csi", "nodePublishSecretRef"):
            yield key, _nested(volume["csi"], "nodePublishSecretRef", "name")
        for each in _nested_list(volume.get("projected"), "sources"):
            if "secret" in each:
                yield key, _nested(each, "secret", "name")


def _nested(content: _Content, section: str, key: str) -> Any:
    """What Kubernetes would refuse, since it is no object, has no such key."""
    found = content.get(section)
    return found.get(key) if isinstance(found, Mapping) else None


def _nested_list(content: Any, key: str) -> list[_Content]:
    found = content.get(key) if isinstance(content, Mapping) else None
    items = found if isinstance(found, list | tuple) else ()
    return [each for each in items if isinstance(each, Mapping)]
