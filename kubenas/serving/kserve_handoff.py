"""A champion as an InferenceService: written as YAML always, applied where that can be done."""

from kubenas.scheduling.kubernetes_api import Api
from kubenas.scheduling.kubernetes_connection import cluster_configured, connect
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.changeover import Changeover, Target
from kubenas.serving.handoff import Handoff
from kubenas.serving.inference_service import (
    ServiceName,
    apply_command,
    as_yaml,
    inference_service,
    servable,
)
from kubenas.serving.kserve import InferenceServiceObject
from kubenas.serving.sample import read_sample
from kubenas.serving_config import ServingConfig
from kubenas.storage import Storage, join, open_storage, split

YAML_FILE = "inference_service.yaml"


def hand_over_to_kserve(
    record: ChampionRecord, config: ServingConfig, *, name: str, output: Storage
) -> Handoff:
    """As :func:`kubenas.serving.handoff.hand_over` tells."""
    connection = connect() if cluster_configured() else None
    inside = connection.namespace if connection else ""
    service = ServiceName(config.name or name, config.namespace or inside)
    manifest = inference_service(record, config, service, output=output.uri)
    export = open_storage(split(record.model.saved_model)[0])
    handoff = Handoff(
        state="written", message="", uri=join(export.uri, YAML_FILE), yaml=as_yaml(manifest)
    )
    export.write(YAML_FILE, handoff.yaml.encode())
    if not servable(record.model.saved_model):
        return _for_people(
            handoff,
            service,
            "the model is in a local folder, which no model server in a cluster can read: copy it"
            " to a bucket and put its URI at storageUri",
        )
    if connection is None:
        return _for_people(handoff, service, "no cluster is configured here")
    on_cluster = InferenceServiceObject(Api(connection), service)
    why_not = _why_not(on_cluster, service)
    if why_not:
        return _for_people(handoff, service, why_not)
    sample = read_sample(export, config.tolerance)
    target = Target(service, manifest, record.model.saved_model, sample)
    changeover = Changeover(on_cluster, target, config, output=output, in_cluster=connection.in_pod)
    changed = changeover.run()
    state = "served" if changed.kept else "rolled-back"
    words = "serves" if changed.kept else "does not serve"
    message = f"{service} {words} champion {record.number}: {changed.message}"
    return handoff.model_copy(update={"state": state, "message": message, "url": changed.url})


def _why_not(on_cluster: InferenceServiceObject, service: ServiceName) -> str:
    if not on_cluster.kserve_installed():
        return "KServe is not installed in this cluster"
    refused = on_cluster.refused()
    if refused:
        verbs = ", ".join(each.verb for each in refused)
        return f"this account may not {verbs} InferenceServices in namespace {service.namespace}"
    return ""


def _for_people(handoff: Handoff, service: ServiceName, why_not: str) -> Handoff:
    command = apply_command(handoff.uri, service.namespace)
    message = f"{service} is not applied: {why_not}; to apply it: {command}"
    return handoff.model_copy(update={"message": message})
