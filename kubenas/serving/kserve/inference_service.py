"""Manifests of KServe InferenceServices (serving.kserve.io/v1beta1). Pure.

KServe copies labels and annotations to the pods and replaces the pods when they change. They
therefore describe only the model. The state of a rollout is stored in the output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kubenas.config import ServingConfig
from kubenas.serving.champion import ChampionRecord

GROUP = "serving.kserve.io"
VERSION = "v1beta1"
RESOURCE = "inferenceservices"
OUTPUT = "kubenas/output"

_MANAGED_BY = ("app.kubernetes.io/managed-by", "kubenas")
_MINIO = "minio://"
_BUCKETS = ("gs://", "s3://", _MINIO)
_TAG_ROUTING = "serving.kserve.io/enable-tag-routing"
"""Annotation with which the newest revision gets its own URL, for requests to the canary."""


@dataclass(frozen=True)
class ServiceName:
    """Name and namespace of an InferenceService."""

    name: str
    namespace: str
    """Empty for the default namespace of kubectl."""

    def __str__(self) -> str:
        return f"InferenceService {self.name}" + (
            f" in namespace {self.namespace}" if self.namespace else ""
        )


def servable(uri: str) -> bool:
    """Whether a model server in a cluster can read ``uri``, which is false for local folders."""
    return uri.startswith(_BUCKETS)


def storage_uri(uri: str) -> str:
    """Converts ``uri`` for KServe, which does not support minio://."""
    return f"s3://{uri.removeprefix(_MINIO)}" if uri.startswith(_MINIO) else uri


def inference_service(
    record: ChampionRecord, config: ServingConfig, service: ServiceName, *, output: str
) -> dict[str, Any]:
    """Builds the manifest that serves the model of ``record``.

    Args:
        record: A record of the champion log, or the next one.
        config: Section ``serving`` of the config.
        service: Name of the service.
        output: URI of the output of the champion log.
    """
    namespace = {"namespace": service.namespace} if service.namespace else {}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "InferenceService",
        "metadata": {
            "name": service.name,
            **namespace,
            "labels": _labels(record, service),
            "annotations": {
                OUTPUT: output,
                "kubenas/model": record.model.saved_model,
                "kubenas/data": record.model.dataset_digest,
                _TAG_ROUTING: "true",
            },
        },
        "spec": {"predictor": _predictor(config, storage_uri(record.model.saved_model))},
    }


def as_yaml(manifest: Mapping[str, Any]) -> str:
    """Formats ``manifest`` as YAML."""
    return yaml.safe_dump(manifest, sort_keys=False, width=100)


def apply_command(uri: str, namespace: str) -> str:
    """Returns the command that applies the YAML file at ``uri``."""
    where = f" -n {namespace}" if namespace else ""
    if uri.startswith("gs://"):
        return f"gcloud storage cat {uri} | kubectl apply{where} -f -"
    if uri.startswith(("s3://", _MINIO)):
        return f"aws s3 cp {storage_uri(uri)} - | kubectl apply{where} -f -"
    return f"kubectl apply{where} -f {uri.removeprefix('file://')}"


def belongs_to(found: Mapping[str, Any], output: str) -> bool:
    """Whether the service ``found`` belongs to ``output``."""
    metadata = found["metadata"]
    key, manager = _MANAGED_BY
    labelled: bool = metadata.get("labels", {}).get(key) == manager
    annotated: bool = metadata.get("annotations", {}).get(OUTPUT) == output
    return labelled and annotated


def _labels(record: ChampionRecord, service: ServiceName) -> dict[str, str]:
    key, manager = _MANAGED_BY
    return {
        "app.kubernetes.io/name": "kubenas",
        "app.kubernetes.io/component": "model",
        "app.kubernetes.io/instance": service.name,
        key: manager,
        "kubenas/search": record.model.search,
        "kubenas/trial": str(record.model.trial),
        "kubenas/champion": str(record.number),
    }


def _predictor(config: ServingConfig, storage: str) -> dict[str, Any]:
    account = {"serviceAccountName": config.service_account} if config.service_account else {}
    held = {config.accelerator: str(config.accelerators)} if config.accelerator else {}
    return {
        **account,
        "minReplicas": config.min_replicas,
        "maxReplicas": config.max_replicas,
        "model": {
            "modelFormat": {"name": "tensorflow", "version": "2"},
            "protocolVersion": "v1",
            "runtime": config.runtime,
            "storageUri": storage,
            "resources": {
                "requests": {"cpu": config.cpu, "memory": config.memory, **held},
                "limits": {"memory": config.memory, **held},
            },
        },
    }
