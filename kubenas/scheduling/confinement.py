"""Checks of the pod settings that could widen the rights of trials and model servers. Pure.

The chart's ValidatingAdmissionPolicy, templates/admission-policy.yaml, enforces the same rules
on their Jobs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kubenas.config import PodConfig, ServingConfig
from kubenas.errors import UserError
from kubenas.scheduling.policy import Policy
from kubenas.scheduling.store_credentials import SECRET

_VARIABLE_SOURCES = ("configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef")
_PROJECTED = ("clusterTrustBundle", "configMap", "downwardAPI", "secret")
"""Sources allowed in a projected volume: all except service account tokens and certificates."""

_Content = Mapping[str, Any]


def check_confinement(pod: PodConfig, policy: Policy, *, account: str | None) -> None:
    """Raises an error for the first setting that a trial's pod may not have in a namespace.

    Args:
        pod: pod settings of the trials.
        policy: policy of the namespace.
        account: service account named by the namespace's defaults; always allowed.

    Raises:
        UserError: with the key of the setting and, where one exists, the policy setting that
            allows it.
    """
    accounts = {*policy.service_accounts, *([account] if account else ())}
    _check_account(pod.service_account, sorted(accounts))
    for name in pod.annotations:
        _check_annotation(name, policy.annotations)
    for key, volume in _volumes(pod):
        _check_volume(key, volume, policy.volumes)
    for key, source in _variable_sources(pod):
        _check_kinds(key, source, _VARIABLE_SOURCES, "allowed sources of a variable are")
    allowed = {SECRET, *policy.secrets}
    for key, secret in _secrets(pod):
        if secret not in allowed:
            raise _not_allowed(
                f"runner.pod.{key}", f"Secret {secret!r}", "policy.secrets", sorted(allowed)
            )


def check_serving(config: ServingConfig, policy: Policy) -> None:
    """Checks that the policy allows the service account of model servers, which run user code.

    Raises:
        UserError: ``config`` names a service account that is not allowed.
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
    """Checks annotations with a domain, which controllers read. Others have no effect on rights."""
    for each in allowed:
        if name == each or (each.endswith("/") and name.startswith(each)):
            return
    if "/" in name:
        raise _not_allowed("runner.pod.annotations", f"{name!r}", "policy.annotations", allowed)


def _check_volume(key: str, volume: _Content, allowed: Sequence[str]) -> None:
    source = {kind: content for kind, content in volume.items() if kind != "name"}
    if len(source) != 1:
        raise UserError(f"runner.pod.{key}: a volume needs one source, found {list(source)}")
    _check_kinds(key, source, allowed, "allowed kinds of volumes are", "policy.volumes")
    for each in _nested_list(source.get("projected"), "sources"):
        _check_kinds(key, each, _PROJECTED, "allowed sources of a projected volume are")


def _check_kinds(
    key: str, source: _Content, allowed: Sequence[str], words: str, setting: str | None = None
) -> None:
    for kind in source:
        if kind not in allowed:
            by = f"; ask the administrator to add it to {setting} of the chart" if setting else ""
            raise UserError(
                f"runner.pod.{key}: {kind} is not allowed: {words} {', '.join(allowed)}{by}"
            )


def _not_allowed(key: str, what: str, setting: str, allowed: Sequence[str]) -> UserError:
    return UserError(
        f"{key}: {what} is not allowed in this namespace; allowed:"
        f" {', '.join(allowed) or 'none'}; ask the administrator to add it to {setting} of the"
        " chart"
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
    """Yields the key and the name of each Secret whose content a trial would get."""
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
    """Returns ``content[section][key]``; None if ``section`` is absent or not an object."""
    found = content.get(section)
    return found.get(key) if isinstance(found, Mapping) else None


def _nested_list(content: Any, key: str) -> list[_Content]:
    found = content.get(key) if isinstance(content, Mapping) else None
    items = found if isinstance(found, list | tuple) else ()
    return [each for each in items if isinstance(each, Mapping)]
