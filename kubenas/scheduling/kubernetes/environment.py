"""What this process is to the cluster, and what its trials get from it: owner, stores, defaults."""

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
"""Where stores are, as this process was told; nothing secret."""


@dataclass(frozen=True)
class NamespaceSettings:
    """What the administrator of a namespace says."""

    runner: Mapping[str, Any]
    """Defaults of ``runner``; not yet checked."""
    policy: Policy
    policy_enforced: bool = True
    """Whether the policy binds: there is a chart, or this process is a pod, whose rights are not
    those of who has written the config. Else who calls may do what the API server lets them."""

    @property
    def account(self) -> str | None:
        """The service account that these defaults name for trials."""
        account: str | None = self.runner.get("pod", {}).get("service_account")
        return account


@dataclass(frozen=True)
class ClusterEnvironment:
    """The cluster that this process is configured for, seen from where it runs."""

    api: Api
    namespace: str
    """The one that this process runs in, or that its kubeconfig names."""
    pod: Mapping[str, Any] | None
    """The pod that this process is; None: it is none."""

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
        """The runner of a stage's attempts.

        Args:
            config: where trials run.
            stage: the step that the attempts belong to.
            workers: attempts at the same time.
            heartbeat: of this process, which attempts watch.
            epoch: the number of this process's tenure.
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
        """What the chart of this namespace says; nothing where there is no chart.

        Raises:
            UserError: it is not JSON, or not as a chart of this version writes it.
            ApiUnavailable: the API server does not answer.
        """
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/{DEFAULTS_CONFIG_MAP}"
        try:
            found = self.api.call("GET", path)
        except ApiRefused as error:
            _LOG.info("no defaults of this namespace are known: %s", error)
            found = {}
        data = found.get("data", {})
        try:
            policy = Policy.model_validate(_json_value(data, _POLICY))
        except ValidationError as error:
            raise UserError(
                f"ConfigMap {DEFAULTS_CONFIG_MAP}, {_POLICY}: not of this version of kubenas;"
                " install the chart and the images of one version"
            ) from error
        policy_enforced = bool(found) or self.pod is not None
        return NamespaceSettings(_json_value(data, _RUNNER), policy, policy_enforced)

    def current_pod(self) -> Mapping[str, Any] | None:
        """``pod`` as it has become, or as it was if the API server does not say."""
        if self.pod is None:
            return None
        with suppress(ApiUnavailable, ApiRefused):
            return _pod(self.api, self.namespace, self.pod["metadata"]["name"])
        return self.pod

    def record_event(self, reason: str, message: str, *, warning: bool = False) -> None:
        """An Event about the pod that this process is; nothing depends on it."""
        if self.pod is None:
            return
        event = event_about(self.pod, reason, message, warning=warning)
        try:
            self.api.call("POST", f"/api/v1/namespaces/{self.namespace}/events", body=event)
        except (ApiUnavailable, ApiRefused) as error:
            _LOG.info("no Event is made: %s", error)

    @property
    def _name(self) -> str:
        if self.pod is None:
            return f"{socket.gethostname()}:{os.getpid()}"
        uid: str = self.pod["metadata"]["uid"]
        return uid


def detect_environment(namespace: str | None = None) -> ClusterEnvironment:
    """Asks the cluster which pod this is.

    Args:
        namespace: in place of the one that the configuration names.

    Raises:
        UserError: no cluster is configured, or not soundly.
        ApiRefused: the pod that this is may not be read.
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
    """What the chart of the configured namespace says; see :meth:`ClusterEnvironment.settings`.

    Raises:
        UserError: no cluster is configured, or not soundly, or the chart's ConfigMap is not sound.
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
    """The trials' image: that from the registry which the image of the step's ``pod`` is from."""
    containers = pod["spec"]["containers"] if pod else ()
    steps = [each["image"] for each in containers if each["name"] == STEP_CONTAINER]
    return trainer_beside(steps[0]) if steps else TRAINER_IMAGE


def owner_reference(pod: Mapping[str, Any]) -> dict[str, Any] | None:
    """An ownerReference to what owns ``pod``: in Kubeflow the Workflow, which outlives the step.

    The owner neither controls nor waits for trials.
    """
    owners = pod["metadata"].get("ownerReferences", ())
    owner = next((each for each in owners if each.get("controller")), next(iter(owners), None))
    if owner is None:
        return None
    identity = {key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}
    return {**identity, "controller": False, "blockOwnerDeletion": False}


def _store_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of ``environment`` by which a trial finds the stores that we find."""
    return {name: environment[name] for name in _STORE if name in environment}
