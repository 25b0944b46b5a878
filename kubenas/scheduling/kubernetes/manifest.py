"""Conversion of an attempt to the manifest of its Job. Pure.

Each Job runs exactly one pod: the search decides about further attempts.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kubenas import __version__
from kubenas.config import PodConfig, RunnerConfig
from kubenas.scheduling.kubernetes.names import (
    EPOCH,
    MAX_SECONDS,
    PREFIX,
    SPEC_HASH,
    Stage,
    attempt_labels,
    job_name,
    spec_hash,
)
from kubenas.scheduling.quantity import parse_quantity, scale_quantity
from kubenas.scheduling.store_credentials import CONFIG_MAP, SECRET
from kubenas.storage import join
from kubenas.trial import (
    CONTROLLER_VERSION_VARIABLE,
    NONCE_VARIABLE,
    SPEC_DIGEST_VARIABLE,
    AttemptSpec,
    Heartbeat,
    Task,
)

WORKER = ("python", "-m", "kubenas.training.worker")
CONTAINER = "trial"
_DISK = "ephemeral-storage"

_GRACE_SECONDS = 60
"""Time between SIGTERM and SIGKILL, for a last checkpoint."""
_DEAD_NODE_SECONDS = 30
"""Time for an unreachable node to return before its pods are evicted."""
_STARTUP_SECONDS = 1800
"""Time to pull the image, added to the pod's deadline, which is only a backstop."""
_CACHE_FOLDER = "/cache"
_LOG_BYTES = 1 << 30
"""Part of the disk limit for the container's log, above the maximum that the kubelet keeps."""
_DISK_BYTES = 1 << 30
"""Maximum request for disk. A pod that uses more may be evicted when the node's disk is full."""


@dataclass(frozen=True)
class JobTemplate:
    """Settings that all Jobs of a stage have in common."""

    config: RunnerConfig
    stage: Stage
    namespace: str
    image: str
    owner: Mapping[str, Any] | None = None
    """ownerReference of each Job; None: no owner."""
    environment: Mapping[str, str] | None = None
    """Additional variables; those in the config take precedence."""
    command: tuple[str, ...] = WORKER
    """Command of the container; receives the URI of the attempt's spec as its last argument."""
    grace_seconds: int = _GRACE_SECONDS
    heartbeat: Heartbeat | None = None
    """Heartbeat of the controller; None: attempts continue without a controller."""
    epoch: int | None = None
    """Number of the controller's lease term, an annotation for users."""


def job_manifest(spec: AttemptSpec, template: JobTemplate) -> dict[str, Any]:
    """Returns the ``batch/v1`` Job of an attempt."""
    labels = dict(attempt_labels(template.stage, spec))
    if template.config.pod.kueue_queue:
        labels["kueue.x-k8s.io/queue-name"] = template.config.pod.kueue_queue
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(template.stage, spec),
            "namespace": template.namespace,
            "labels": labels,
            "annotations": _annotations(spec, template),
            **({"ownerReferences": [dict(template.owner)]} if template.owner else {}),
        },
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailJob",
                        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                    }
                ]
            },
            "ttlSecondsAfterFinished": template.config.ttl_seconds,
            "template": {
                "metadata": {
                    # A service mesh's sidecar would keep the pod running after the trial.
                    "labels": {**labels, "sidecar.istio.io/inject": "false"},
                    "annotations": dict(template.config.pod.annotations),
                },
                "spec": _pod(spec, template),
            },
        },
    }


def _annotations(spec: AttemptSpec, template: JobTemplate) -> dict[str, str]:
    optional = {MAX_SECONDS: spec.max_seconds, EPOCH: template.epoch}
    known = {name: str(value) for name, value in optional.items() if value is not None}
    return {SPEC_HASH: spec_hash(spec), PREFIX: spec.prefix, **known}


def memory_limit(spec: AttemptSpec, pod: PodConfig) -> str:
    """Returns the attempt's memory, which grows with each earlier host OOM of the trial."""
    return scale_quantity(pod.memory, pod.memory_growth**spec.host_ooms)


def _pod(spec: AttemptSpec, template: JobTemplate) -> dict[str, Any]:
    pod = template.config.pod
    selector, tolerations = _nodes(spec, pod)
    optional = {
        "serviceAccountName": pod.service_account,
        "imagePullSecrets": [{"name": name} for name in pod.image_pull_secrets],
        "nodeSelector": selector,
        "affinity": pod.affinity,
        "priorityClassName": pod.priority_class,
        "schedulerName": pod.scheduler,
        "runtimeClassName": pod.runtime_class,
        "activeDeadlineSeconds": _deadline(spec),
        "resourceClaims": _claims(spec, pod),
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": template.grace_seconds,
        "securityContext": _pod_security(pod),
        "tolerations": tolerations,
        "containers": [_container(spec, template)],
        "volumes": _volumes(pod),
        **{key: value for key, value in optional.items() if value},
    }


def _container(spec: AttemptSpec, template: JobTemplate) -> dict[str, Any]:
    pod = template.config.pod
    environment = {
        "HOME": "/tmp",  # noqa: S108 - an emptyDir of the pod's own
        **({"KUBENAS_CACHE": _CACHE_FOLDER} if pod.cache else {}),
        **(template.environment or {}),
        **pod.env,
        CONTROLLER_VERSION_VARIABLE: __version__,
        SPEC_DIGEST_VARIABLE: spec.digest,
        **({NONCE_VARIABLE: spec.nonce} if spec.nonce else {}),
    }
    return {
        "name": CONTAINER,
        "image": template.image,
        "command": [*template.command, join(spec.prefix, "spec.json")],
        "env": [_variable(name, value) for name, value in environment.items()],
        # If two sources have the same key, the last one takes precedence.
        "envFrom": [
            {"configMapRef": {"name": CONFIG_MAP, "optional": True}},
            {"secretRef": {"name": SECRET, "optional": True}},
            *({"secretRef": {"name": name}} for name in pod.secrets),
        ],
        "resources": _resources(spec, pod),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": _mounts(pod),
    }


def _variable(name: str, value: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "value" if isinstance(value, str) else "valueFrom": value}


def _resources(spec: AttemptSpec, pod: PodConfig) -> dict[str, Any]:
    both = {"memory": memory_limit(spec, pod), **_devices(spec, pod)}
    scratch = math.ceil(parse_quantity(pod.scratch))
    resources: dict[str, Any] = {
        "requests": {"cpu": pod.cpu, _DISK: str(min(scratch, _DISK_BYTES)), **both},
        "limits": {_DISK: str(scratch + _LOG_BYTES), **both},
    }
    if _claims(spec, pod):
        resources["claims"] = [{"name": "devices"}]
    return resources


def _devices(spec: AttemptSpec, pod: PodConfig) -> dict[str, str]:
    if pod.accelerator is None or not _trains(spec):
        return {}
    return {pod.accelerator: str(pod.accelerators)}


def _claims(spec: AttemptSpec, pod: PodConfig) -> list[dict[str, str]]:
    template = pod.resource_claim_template
    if template is None or not _trains(spec):
        return []
    return [{"name": "devices", "resourceClaimTemplateName": template}]


def _trains(spec: AttemptSpec) -> bool:
    """Whether the attempt uses an accelerator: all tasks except the description of a space."""
    return spec.task != Task.DESCRIBE


def _nodes(spec: AttemptSpec, pod: PodConfig) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Returns node selector and tolerations: spot nodes until there were too many disruptions."""
    gone = [
        {
            "key": f"node.kubernetes.io/{condition}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": _DEAD_NODE_SECONDS,
        }
        for condition in ("not-ready", "unreachable")
    ]
    if spec.disruptions >= pod.spot_disruptions:
        return pod.node_selector, [*gone, *pod.tolerations]
    selector = {**pod.node_selector, **pod.spot_node_selector}
    return selector, [*gone, *pod.tolerations, *pod.spot_tolerations]


def _pod_security(pod: PodConfig) -> dict[str, Any]:
    user = {} if pod.user is None else {"runAsUser": pod.user, "fsGroup": pod.user}
    return {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}, **user}


def _volumes(pod: PodConfig) -> list[dict[str, Any]]:
    return [
        {"name": "tmp", "emptyDir": {"sizeLimit": pod.scratch}},
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": pod.shared_memory}},
        *([{"name": "cache", **pod.cache}] if pod.cache else []),
        *pod.volumes,
    ]


def _mounts(pod: PodConfig) -> list[dict[str, Any]]:
    return [
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
        *([{"name": "cache", "mountPath": _CACHE_FOLDER}] if pod.cache else []),
        *pod.mounts,
    ]


def _deadline(spec: AttemptSpec) -> int | None:
    """Returns the pod's activeDeadlineSeconds, a backstop to the runner's time limit.

    It counts from status.startTime, before the image is pulled; the runner counts from the start
    of the container. (The Job's activeDeadlineSeconds would count from the Job's creation.)
    """
    return None if spec.max_seconds is None else math.ceil(spec.max_seconds) + _STARTUP_SECONDS
