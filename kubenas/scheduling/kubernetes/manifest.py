"""An attempt -> the Job that runs it, as a dictionary. Pure.

One Job is one pod and never a second one: whether there is another attempt is our own decision.
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
from kubenas.scheduling.quantity import amount, scaled
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
"""From SIGTERM to SIGKILL: time for a checkpoint."""
_DEAD_NODE_SECONDS = 30
"""For a node that is gone to come back before its pods are given up."""
_STARTUP_SECONDS = 1800
"""For an image to be pulled within the pod's own run-time cap, which is only a backstop."""
_CACHE_FOLDER = "/cache"
_LOG_BYTES = 1 << 30
"""Of the node's disk for a container's log, of which the kubelet keeps less than that."""
_DISK_BYTES = 1 << 30
"""Of the node's disk, asked for at the most: who fills more may be evicted from a full one."""


@dataclass(frozen=True)
class Place:
    """Where the Jobs of a stage are made, and what all of them have in common."""

    config: RunnerConfig
    stage: Stage
    namespace: str
    image: str
    owner: Mapping[str, Any] | None = None
    """ownerReference of each Job; None: nothing owns them."""
    environment: Mapping[str, str] | None = None
    """Variables besides those in the config, which take precedence."""
    command: tuple[str, ...] = WORKER
    """Gets the URI of the attempt's spec as its last argument."""
    grace_seconds: int = _GRACE_SECONDS
    heartbeat: Heartbeat | None = None
    """Of the process that starts them; None: they go on without it."""
    epoch: int | None = None
    """The number of that process's tenure, for people."""


def job_manifest(spec: AttemptSpec, place: Place) -> dict[str, Any]:
    """The ``batch/v1`` Job of an attempt."""
    labels = dict(attempt_labels(place.stage, spec))
    if place.config.pod.kueue_queue:
        labels["kueue.x-k8s.io/queue-name"] = place.config.pod.kueue_queue
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(place.stage, spec),
            "namespace": place.namespace,
            "labels": labels,
            "annotations": _annotations(spec, place),
            **({"ownerReferences": [dict(place.owner)]} if place.owner else {}),
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
            "ttlSecondsAfterFinished": place.config.ttl_seconds,
            "template": {
                "metadata": {
                    # A service mesh's sidecar would keep the pod alive after the trial.
                    "labels": {**labels, "sidecar.istio.io/inject": "false"},
                    "annotations": dict(place.config.pod.annotations),
                },
                "spec": _pod(spec, place),
            },
        },
    }


def _annotations(spec: AttemptSpec, place: Place) -> dict[str, str]:
    optional = {MAX_SECONDS: spec.max_seconds, EPOCH: place.epoch}
    known = {name: str(value) for name, value in optional.items() if value is not None}
    return {SPEC_HASH: spec_hash(spec), PREFIX: spec.prefix, **known}


def memory_of(spec: AttemptSpec, pod: PodConfig) -> str:
    """The memory that the attempt gets: more after each time that it ran out of it."""
    return scaled(pod.memory, pod.memory_growth**spec.host_ooms)


def _pod(spec: AttemptSpec, place: Place) -> dict[str, Any]:
    pod = place.config.pod
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
        "terminationGracePeriodSeconds": place.grace_seconds,
        "securityContext": _pod_security(pod),
        "tolerations": tolerations,
        "containers": [_container(spec, place)],
        "volumes": _volumes(pod),
        **{key: value for key, value in optional.items() if value},
    }


def _container(spec: AttemptSpec, place: Place) -> dict[str, Any]:
    pod = place.config.pod
    environment = {
        "HOME": "/tmp",  # noqa: S108 - an emptyDir of the pod's own
        **({"KUBENAS_CACHE": _CACHE_FOLDER} if pod.cache else {}),
        **(place.environment or {}),
        **pod.env,
        CONTROLLER_VERSION_VARIABLE: __version__,
        SPEC_DIGEST_VARIABLE: spec.digest,
        **({NONCE_VARIABLE: spec.nonce} if spec.nonce else {}),
    }
    return {
        "name": CONTAINER,
        "image": place.image,
        "command": [*place.command, join(spec.prefix, "spec.json")],
        "env": [_variable(name, value) for name, value in environment.items()],
        # Of two sources with the same key the later one counts.
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
    both = {"memory": memory_of(spec, pod), **_devices(spec, pod)}
    scratch = math.ceil(amount(pod.scratch))
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
    """Whether it has a use for an accelerator: describing a space has none."""
    return spec.task != Task.DESCRIBE


def _nodes(spec: AttemptSpec, pod: PodConfig) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Node selector and tolerations: cheap nodes first, others after too many disruptions."""
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
    """A backstop. The kubelet counts from status.startTime, when it has taken the pod on and has
    yet to pull the image; the runner, as the attempt's grant, from the start of the container. (The
    Job's own activeDeadlineSeconds would count from its submission.)
    """
    return None if spec.max_seconds is None else math.ceil(spec.max_seconds) + _STARTUP_SECONDS
