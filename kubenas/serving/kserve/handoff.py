"""Writes the InferenceService of a champion as YAML and applies it if possible."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from kubenas.config import ServingConfig
from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.client.connection import Connection, cluster_configured, connect
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.handoff_result import Handoff
from kubenas.serving.kserve.inference_service import (
    ServiceName,
    apply_command,
    as_yaml,
    inference_service,
    servable,
)
from kubenas.serving.kserve.rollout import Rollout, RolloutTarget
from kubenas.serving.kserve.sample_check import read_sample
from kubenas.serving.kserve.service_object import InferenceServiceObject
from kubenas.storage import Storage, join, open_storage, split

YAML_FILE = "inference_service.yaml"
_LOCAL = (
    "the model is in a local folder, which a model server in a cluster cannot read: copy it to a"
    " bucket and set storageUri to its URI"
)


@dataclass(frozen=True)
class Destination:
    """The service and the cluster for the champions of a config."""

    service: ServiceName
    connection: Connection | None
    """None if no cluster is configured."""

    @classmethod
    def of(cls, config: ServingConfig, name: str) -> Self:
        """Returns the destination for the search ``name``.

        Raises:
            UserError: The cluster configuration is invalid.
        """
        connection = connect() if cluster_configured() else None
        inside = connection.namespace if connection else ""
        return cls(ServiceName(config.name or name, config.namespace or inside), connection)

    def obstacle(self, uri: str) -> str:
        """Returns why the service of a model at ``uri`` cannot be applied; empty if it can.

        Raises:
            ApiUnavailable: The API server does not respond.
        """
        if not servable(uri):
            return _LOCAL
        if self.connection is None:
            return "no cluster is configured here"
        on_cluster = InferenceServiceObject(Api(self.connection), self.service)
        if not on_cluster.kserve_installed():
            return "KServe is not installed in this cluster"
        verbs = ", ".join(each.verb for each in on_cluster.missing_permissions())
        if verbs:
            return f"this account may not {verbs} InferenceServices in {self.service.namespace}"
        return ""


def hand_over_to_kserve(
    record: ChampionRecord, config: ServingConfig, *, name: str, output: Storage
) -> Handoff:
    """See :func:`kubenas.serving.handoff.hand_over`."""
    destination = Destination.of(config, name)
    service, connection = destination.service, destination.connection
    manifest = inference_service(record, config, service, output=output.uri)
    export = open_storage(split(record.model.saved_model)[0])
    handoff = _write(manifest, export)
    obstacle = destination.obstacle(record.model.saved_model)
    if obstacle or connection is None:
        command = apply_command(handoff.uri, service.namespace)
        message = f"{service} was not applied: {obstacle}; to apply it, run: {command}"
        return handoff.model_copy(update={"message": message})
    changed = Rollout(
        InferenceServiceObject(Api(connection), service),
        RolloutTarget(
            service, manifest, record.model.saved_model, read_sample(export, config.tolerance)
        ),
        config,
        output=output,
        in_cluster=connection.in_pod,
    ).run()
    state = "served" if changed.kept else "rolled-back"
    words = "serves" if changed.kept else "does not serve"
    message = f"{service} {words} champion {record.number}: {changed.message}"
    return handoff.model_copy(update={"state": state, "message": message, "url": changed.url})


def _write(manifest: Mapping[str, Any], export: Storage) -> Handoff:
    text = as_yaml(manifest)
    export.write(YAML_FILE, text.encode())
    return Handoff(state="written", message="", uri=join(export.uri, YAML_FILE), yaml=text)
