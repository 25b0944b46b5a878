"""What the administrator of a namespace allows its searches. Pure."""

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
"""Kinds of volumes that Pod Security ``restricted`` knows."""


class Policy(Value):
    """``policy.json`` in the ConfigMap of the chart; the defaults are the chart's."""

    locked: tuple[str, ...] = ()
    """Keys of ``runner``, such as ``pod.image``, that only the namespace's defaults set."""
    local_user_code: bool = False
    """Whether a user's HyperModel may run in a step's own pod, with its rights."""
    volumes: tuple[Volume, ...] = (
        "configMap",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    )
    """Kinds of volumes that trials may have."""
    secrets: tuple[str, ...] = ()
    """Secrets that a trial may name, besides the store's."""
    service_accounts: tuple[str, ...] = ()
    """Service accounts that trials may run as, besides that of the namespace's defaults."""
    serving_accounts: tuple[str, ...] = ()
    """Service accounts that model servers may run as, besides the namespace's default one."""
    annotations: tuple[str, ...] = ("cluster-autoscaler.kubernetes.io/", "karpenter.sh/")
    """Annotations that trials' pods may have, or their domains with a slash at the end; those
    without a domain are free."""
    registries: tuple[str, ...] = ()
    """Hosts of model registries that get the token of a step's service account."""


def check_locked(
    asked: Mapping[str, Any], namespace: Mapping[str, Any], locked: Sequence[str]
) -> None:
    """Refuses a locked key that is set to another value than the namespace's.

    Args:
        asked: ``runner:`` as the config and the task in Kubeflow set it, complete.
        namespace: the same section as the namespace sets it; keys that it leaves out have the
            built-in default.
        locked: keys with a dot before one of a section.

    Raises:
        UserError: names the first such key.
    """
    built_in = RunnerConfig().model_dump(mode="json")
    for key in locked:
        default = _value(built_in, key)
        allowed, wanted = _value(namespace, key, default), _value(asked, key, default)
        if wanted not in (default, allowed):
            raise UserError(
                f"runner.{key}: {wanted!r} is not allowed: the administrator of this namespace has"
                f" set it to {allowed!r}; leave it out"
            )


def check_user_code_runner(kind: str, policy: Policy) -> None:
    """Refuses to run a user's HyperModel inside the pod of a step.

    Args:
        kind: ``runner.kind`` of a search whose space is a user's HyperModel.
        policy: of the namespace that the pod runs in.

    Raises:
        UserError: it would run there and may not.
    """
    if kind == "local" and not policy.local_user_code:
        raise UserError(
            "runner.kind: 'local' would run your HyperModel inside the step's pod, with the rights"
            " of its service account; leave runner.kind out, so that every trial is a Job, or ask"
            " the administrator for policy.localUserCode in the chart"
        )


def _value(content: Mapping[str, Any], key: str, default: Any = None) -> Any:
    found: Any = content
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return default
        found = found[part]
    return found
