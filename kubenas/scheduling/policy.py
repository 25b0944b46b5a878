"""The administrator's policy for the searches of a namespace. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from kubenas.config import RunnerConfig
from kubenas.errors import UserError
from kubenas.trial import Value

Volume = Literal[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
]
"""Volume types that Pod Security level ``restricted`` allows."""


class Policy(Value):
    """Content of ``policy.json`` in the chart's ConfigMap. The defaults equal the chart's."""

    locked: tuple[str, ...] = ()
    """Keys of ``runner``, such as ``pod.image``, that only the namespace's defaults may set."""
    local_user_code: bool = False
    """Whether a user's HyperModel may run in the pod of a step, with its service account."""
    volumes: tuple[Volume, ...] = (
        "configMap",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
    """Volume types that trials may use."""
    secrets: tuple[str, ...] = ()
    """Secrets that a trial may name, in addition to the store's."""
    service_accounts: tuple[str, ...] = ()
    """Service accounts that trials may use, in addition to that of the namespace's defaults."""
    serving_accounts: tuple[str, ...] = ()
    """Service accounts that model servers may use, in addition to the namespace's ``default``."""
    annotations: tuple[str, ...] = ("cluster-autoscaler.kubernetes.io/", "karpenter.sh/")
    """Annotations that trials' pods may have: full names, or domains ending in a slash.

    Annotations without a domain are always allowed."""
    registries: tuple[str, ...] = ()
    """Hosts of model registries that receive the token of a step's service account."""


def check_locked(
    asked: Mapping[str, Any], namespace: Mapping[str, Any], locked: Sequence[str]
) -> None:
    """Checks that locked keys have the namespace's value.

    Args:
        asked: complete ``runner:`` section from the config and the task in Kubeflow.
        namespace: the same section from the namespace's defaults; missing keys have the built-in
            default.
        locked: locked keys; a dot separates section and key.

    Raises:
        UserError: with the first locked key that has another value.
    """
    built_in = RunnerConfig().model_dump(mode="json")
    for key in locked:
        default = _value(built_in, key)
        allowed, wanted = _value(namespace, key, default), _value(asked, key, default)
        if wanted not in (default, allowed):
            raise UserError(
                f"runner.{key}: {wanted!r} is not allowed: the administrator of this namespace has"
                f" locked it to {allowed!r}; remove the key"
            )


def check_user_code_runner(kind: str, policy: Policy) -> None:
    """Checks that a user's HyperModel does not run inside the pod of a step without permission.

    Args:
        kind: ``runner.kind`` of a search whose space is a user's HyperModel.
        policy: policy of the namespace of the step's pod.

    Raises:
        UserError: ``kind`` is ``local`` and the policy does not allow it.
    """
    if kind == "local" and not policy.local_user_code:
        raise UserError(
            "runner.kind: 'local' would run your HyperModel inside the step's pod, with the rights"
            " of its service account; remove runner.kind to run each trial as a Job, or ask the"
            " administrator to set policy.localUserCode in the chart"
        )


def _value(content: Mapping[str, Any], key: str, default: Any = None) -> Any:
    found: Any = content
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return default
        found = found[part]
    return found
