"""What trials get from the process that starts them: its owner, and where stores are."""

import os
from collections.abc import Mapping
from typing import Any

from kubenas.images import TRAINER_IMAGE
from kubenas.runner_config import RunnerConfig
from kubenas.scheduling.kubernetes import KubernetesRunner
from kubenas.scheduling.kubernetes_api import Api
from kubenas.scheduling.kubernetes_connection import connect
from kubenas.scheduling.kubernetes_manifest import Place
from kubenas.scheduling.kubernetes_names import Stage
from kubenas.trial import Heartbeat

_POD_NAME = ("KFP_POD_NAME", "HOSTNAME")
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


def stage_runner(
    config: RunnerConfig, stage: Stage, *, workers: int, heartbeat: Heartbeat
) -> KubernetesRunner:
    """The runner of a stage's attempts, in the cluster that this process is configured for.

    Args:
        config: where trials run.
        stage: the step that the attempts belong to.
        workers: attempts at the same time.
        heartbeat: of this process, which attempts watch.

    Raises:
        UserError: no cluster is configured, or not soundly.
        ApiRefused: the pod that this is may not be read.
        ApiAway: the API server does not answer.
    """
    connection = connect()
    api = Api(connection)
    namespace = config.pod.namespace or connection.namespace
    owned = connection.in_pod and namespace == connection.namespace
    place = Place(
        config=config,
        stage=stage,
        namespace=namespace,
        image=config.pod.image or TRAINER_IMAGE,
        owner=_owner_reference(api, namespace) if owned else None,
        environment=_store_environment(os.environ),
        heartbeat=heartbeat,
    )
    return KubernetesRunner(api, place, workers=workers)


def _owner_reference(api: Api, namespace: str) -> dict[str, Any] | None:
    """The owner of the pod that this is: in Kubeflow the Workflow, which outlives a step's pod."""
    name = next((os.environ[key] for key in _POD_NAME if os.environ.get(key)), None)
    return reference_to_owner(api.call("GET", f"/api/v1/namespaces/{namespace}/pods/{name}"))


def reference_to_owner(pod: Mapping[str, Any]) -> dict[str, Any] | None:
    """An ownerReference to what owns ``pod``. It neither controls nor waits for its trials."""
    owners = pod["metadata"].get("ownerReferences", ())
    owner = next((each for each in owners if each.get("controller")), next(iter(owners), None))
    if owner is None:
        return None
    identity = {key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}
    return {**identity, "controller": False, "blockOwnerDeletion": False}


def _store_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of ``environment`` by which a trial finds the stores that we find."""
    return {name: environment[name] for name in _STORE if name in environment}
