"""The cluster of this process: its pod, its Lease, its runner and the settings of its namespace."""

import json
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from kubenas.config import RunnerConfig
from kubenas.errors import UserError
from kubenas.images import TRAINER_IMAGE, trainer_beside
from kubenas.scheduling.kubernetes.access.facts import DEFAULTS_CONFIG_MAP
from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable
from kubenas.scheduling.kubernetes.client.connection import connect
from kubenas.scheduling.kubernetes.events import event_about
from kubenas.scheduling.kubernetes.lease import held_lease
from kubenas.scheduling.kubernetes.manifest import JobTemplate
from kubenas.scheduling.kubernetes.names import (
    KUBEFLOW_POD,
    STEP_CONTAINER,
    Stage,
    lease_metadata,
)
from kubenas.scheduling.kubernetes.runner import KubernetesRunner
from kubenas.scheduling.policy import Policy
from kubenas.trial import Heartbeat

_LOG = logging.getLogger(__name__)
_POD_NAME = (KUBEFLOW_POD, "HOSTNAME")
_RUNNER, _POLICY = "runner.json", "policy.json"
"""Keys of the chart's ConfigMap."""
_STORE = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "GOOGLE_CLOUD_PROJECT",
    "MINIO_SERVICE_SERVICE_HOST",
    "MINIO_SERVICE_SERVICE_PORT",
    "STORAGE_EMULATOR_HOST",
)
"""Variables with addresses of stores, passed on to trials. Contains no secrets."""


@dataclass(frozen=True)
class NamespaceSettings:
    """Settings of a namespace by its administrator."""

    runner: Mapping[str, Any]
    """Defaults of ``runner``; not yet validated."""
    policy: Policy
    policy_enforced: bool = True
    """Whether kubenas enforces the policy: the chart is installed, or this process is a pod.

    A pod has the rights of its service account, not those of the author of the config. Elsewhere,
    the API server checks the user's own rights."""

    @property
    def account(self) -> str | None:
        """Service account for trials in these defaults."""
        account: str | None = self.runner.get("pod", {}).get("service_account")
        return account


@dataclass(frozen=True)
class ClusterEnvironment:
    """The configured cluster, as seen by this process."""

    api: Api
    namespace: str
    """Namespace of this pod or of the kubeconfig."""
    pod: Mapping[str, Any] | None
    """Pod of this process; None outside of a cluster."""

    @contextmanager
    def lease(self, stage: Stage, on_lost: Callable[[str], None]) -> Iterator[int]:
        """Holds the Lease of the stage's search while entered; yields the epoch.

        Raises:
            LeaseHeld, UserError, ApiUnavailable: see :func:`held_lease`.
        """
        metadata = {**lease_metadata(stage), "namespace": self.namespace}
        with held_lease(self.api, metadata, holder=self._name, on_lost=on_lost) as epoch:
            yield epoch

    def runner(
        self,
        config: RunnerConfig,
        stage: Stage,
        *,
        workers: int,
        heartbeat: Heartbeat,
        epoch: int,
    ) -> KubernetesRunner:
        """Returns the runner of a stage's attempts.

        Args:
            config: runner settings.
            stage: step of the attempts.
            workers: attempts at the same time.
            heartbeat: heartbeat of this process, which the attempts watch.
            epoch: number of this process's lease term.
        """
        namespace = config.pod.namespace or self.namespace
        owned = self.pod is not None and namespace == self.namespace
        template = JobTemplate(
            config=config,
            stage=stage,
            namespace=namespace,
            image=config.pod.image or trainer_image(self.pod),
            owner=owner_reference(self.pod) if owned and self.pod else None,
            environment=_store_environment(os.environ),
            heartbeat=heartbeat,
            epoch=epoch,
        )
        return KubernetesRunner(self.api, template, workers=workers)

    def settings(self) -> NamespaceSettings:
        """Reads the chart's settings of this namespace; empty if the chart is not installed.

        Raises:
            UserError: the settings are not valid JSON, or from another version of the chart.
            ApiUnavailable: the API server does not answer.
        """
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/{DEFAULTS_CONFIG_MAP}"
        try:
            found = self.api.call("GET", path)
        except ApiRefused as error:
            _LOG.info("the defaults of this namespace cannot be read: %s", error)
            found = {}
        data = found.get("data", {})
        try:
            policy = Policy.model_validate(_json_value(data, _POLICY))
        except ValidationError as error:
            raise UserError(
                f"ConfigMap {DEFAULTS_CONFIG_MAP}, {_POLICY}: written by another version of"
                " kubenas; install the chart and the images of the same version"
            ) from error
        policy_enforced = bool(found) or self.pod is not None
        return NamespaceSettings(_json_value(data, _RUNNER), policy, policy_enforced)

    def current_pod(self) -> Mapping[str, Any] | None:
        """Reads ``pod`` again; returns the known one if the API server does not answer."""
        if self.pod is None:
            return None
        with suppress(ApiUnavailable, ApiRefused):
            return _pod(self.api, self.namespace, self.pod["metadata"]["name"])
        return self.pod

    def record_event(self, reason: str, message: str, *, warning: bool = False) -> None:
        """Creates an Event about this pod. Ignores failures."""
        if self.pod is None:
            return
        event = event_about(self.pod, reason, message, warning=warning)
        try:
            self.api.call("POST", f"/api/v1/namespaces/{self.namespace}/events", body=event)
        except (ApiUnavailable, ApiRefused) as error:
            _LOG.info("the Event cannot be created: %s", error)

    @property
    def _name(self) -> str:
        if self.pod is None:
            return f"{socket.gethostname()}:{os.getpid()}"
        uid: str = self.pod["metadata"]["uid"]
        return uid


def detect_environment(namespace: str | None = None) -> ClusterEnvironment:
    """Reads the configuration and, in a pod, the pod of this process.

    Args:
        namespace: overrides the namespace of the configuration.

    Raises:
        UserError: no cluster is configured, or the configuration is invalid.
        ApiRefused: these credentials may not read the pod.
        ApiUnavailable: the API server does not answer.
    """
    connection = connect(namespace)
    api, namespace = Api(connection), connection.namespace
    pod = None
    if connection.in_pod:
        name = next((os.environ[key] for key in _POD_NAME if os.environ.get(key)), None)
        pod = _pod(api, namespace, name)
    return ClusterEnvironment(api, namespace, pod)


def read_namespace_settings() -> NamespaceSettings:
    """Reads the settings of the configured namespace; see :meth:`ClusterEnvironment.settings`.

    Raises:
        UserError: no cluster is configured, or the configuration or the ConfigMap is invalid.
        ApiUnavailable: the API server does not answer.
    """
    connection = connect()
    return ClusterEnvironment(Api(connection), connection.namespace, pod=None).settings()


def _pod(api: Api, namespace: str, name: str | None) -> Mapping[str, Any]:
    pod: Mapping[str, Any] = api.call("GET", f"/api/v1/namespaces/{namespace}/pods/{name}")
    return pod


def _json_value(data: Mapping[str, str], key: str) -> Mapping[str, Any]:
    try:
        told: Mapping[str, Any] = json.loads(data.get(key, "{}"))
    except ValueError as error:
        raise UserError(f"ConfigMap {DEFAULTS_CONFIG_MAP}, {key}: not JSON: {error}") from error
    return told


def trainer_image(pod: Mapping[str, Any] | None) -> str:
    """Returns the trainer image from the same registry as the image of the step's ``pod``."""
    containers = pod["spec"]["containers"] if pod else ()
    steps = [each["image"] for each in containers if each["name"] == STEP_CONTAINER]
    return trainer_beside(steps[0]) if steps else TRAINER_IMAGE


def owner_reference(pod: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns an ownerReference to the owner of ``pod``: in Kubeflow the Workflow, not the step.

    The owner is neither a controller nor blocked from deletion by trials.
    """
    owners = pod["metadata"].get("ownerReferences", ())
    owner = next((each for each in owners if each.get("controller")), next(iter(owners), None))
    if owner is None:
        return None
    identity = {key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}
    return {**identity, "controller": False, "blockOwnerDeletion": False}


def _store_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables of ``environment`` that locate the stores."""
    return {name: environment[name] for name in _STORE if name in environment}
