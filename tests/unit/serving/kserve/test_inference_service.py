"""Manifests of InferenceServices and their states, without a cluster."""

from typing import Any

import pytest
import yaml

from kubenas.config.serving import ServingConfig
from kubenas.serving.kserve.inference_service import (
    ServiceName,
    apply_command,
    as_yaml,
    belongs_to,
    inference_service,
    servable,
)
from kubenas.serving.kserve.service_state import (
    NotReady,
    Ready,
    ServiceSnapshot,
    canary_manifest,
    has_revisions,
    matches,
    readiness,
    replacement_manifest,
    restore_manifest,
)
from tests.unit.serving.champions import OUTPUT, record

SERVICE = ServiceName("digits", "team")
KSERVE = ServingConfig(kind="kserve")


def manifest(number: int = 3, config: ServingConfig = KSERVE) -> dict[str, Any]:
    return inference_service(record(number), config, SERVICE, output=OUTPUT)


def on_cluster(wanted: dict[str, Any], **status: Any) -> dict[str, Any]:
    """The object as the API server returns it, with KServe's defaults."""
    made = yaml.safe_load(as_yaml(wanted))
    made["metadata"] |= {"resourceVersion": "5", "uid": "u"}
    made["spec"]["predictor"]["model"]["name"] = ""
    ready = {"type": "Ready", "status": "True"}
    return {**made, "status": {"conditions": [ready], **status}}


def revisions(created: str, ready: str, rolled_out: str) -> dict[str, Any]:
    return {
        "predictor": {
            "latestCreatedRevision": created,
            "latestReadyRevision": ready,
            "latestRolledoutRevision": rolled_out,
            "address": {"url": "http://digits-predictor.team.svc.cluster.local"},
            "traffic": [
                {"revisionName": rolled_out, "percent": 100, "tag": "prev"},
                {"revisionName": ready, "tag": "latest", "url": "http://latest-digits.example.com"},
            ],
        }
    }


def test_manifest_contains_model_runtime_and_origin() -> None:
    config = ServingConfig(
        kind="kserve", service_account="reader", accelerator="nvidia.com/gpu", memory="1Gi"
    )
    made = manifest(config=config)
    predictor = made["spec"]["predictor"]
    model = predictor["model"]
    assert (made["apiVersion"], made["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    assert model["storageUri"] == "s3://models/digits/searches/abc/export/a1/saved_model"
    assert model["modelFormat"]["name"] == "tensorflow"
    assert model["runtime"] == "kserve-tensorflow-serving"
    assert model["resources"]["limits"] == {"memory": "1Gi", "nvidia.com/gpu": "1"}
    assert predictor["serviceAccountName"] == "reader"
    labels, annotations = made["metadata"]["labels"], made["metadata"]["annotations"]
    assert (labels["kubenas/search"], labels["kubenas/trial"]) == ("abc", "7")
    assert labels["kubenas/champion"] == "3"
    assert annotations["kubenas/output"] == OUTPUT
    assert annotations["kubenas/data"] == "d" * 64
    assert all(len(value) <= 63 for value in labels.values())
    assert yaml.safe_load(as_yaml(made)) == made


@pytest.mark.parametrize(
    ("uri", "can", "command"),
    [
        ("gs://b/m.yaml", True, "gcloud storage cat gs://b/m.yaml | kubectl apply -n team -f -"),
        ("minio://b/m.yaml", True, "aws s3 cp s3://b/m.yaml - | kubectl apply -n team -f -"),
        ("/out/m.yaml", False, "kubectl apply -n team -f /out/m.yaml"),
    ],
)
def test_apply_command(uri: str, can: bool, command: str) -> None:
    assert (servable(uri), apply_command(uri, "team")) == (can, command)


def test_matches_ignores_added_fields_but_not_model_or_traffic() -> None:
    found = on_cluster(manifest())
    assert matches(found, manifest())
    assert not matches(found, manifest(number=4))
    assert not matches(found, canary_manifest(manifest(), 10))
    assert not matches(on_cluster(canary_manifest(manifest(), 10)), manifest())


def test_service_of_another_output_does_not_belong() -> None:
    assert belongs_to(manifest(), OUTPUT)
    assert not belongs_to(manifest(), "minio://models/other")
    assert not belongs_to({"metadata": {"name": "digits"}}, OUTPUT)


def test_replacement_keeps_other_annotations_and_the_resource_version() -> None:
    found = on_cluster(manifest())
    found["metadata"]["annotations"]["team/owner"] = "us"
    changed = replacement_manifest(found, manifest(number=4))
    assert changed["metadata"]["resourceVersion"] == "5"
    assert changed["metadata"]["annotations"]["team/owner"] == "us"
    assert changed["metadata"]["labels"]["kubenas/champion"] == "4"
    assert "status" not in changed


@pytest.mark.parametrize("on_knative", [False, True])
def test_restored_manifest_gives_no_traffic_to_the_failed_revision(
    on_knative: bool,
) -> None:
    before = ServiceSnapshot.of(on_cluster(manifest()))
    again = ServiceSnapshot.from_json(before.to_json())
    back = restore_manifest(manifest(number=4), again, revisions=on_knative)
    percent = back["spec"]["predictor"].pop("canaryTrafficPercent", None)
    assert percent == (0 if on_knative else None)
    assert matches(on_cluster(manifest()), back)


@pytest.mark.parametrize(("in_cluster", "url"), [(True, "http://in"), (False, "http://out:1")])
def test_ready_service_has_a_reachable_url(in_cluster: bool, url: str) -> None:
    found = on_cluster(
        manifest(), url="http://out:1", address={"url": "http://in/v1/models/digits:predict"}
    )
    assert readiness(found, as_canary=False, in_cluster=in_cluster) == Ready(url)


def test_service_that_is_not_ready_has_a_reason() -> None:
    condition = {"type": "Ready", "status": "False", "reason": "PredictorNotReady"}
    failure = {"lastFailureInfo": {"message": "no such bucket"}}
    found = on_cluster(manifest()) | {"status": {"conditions": [condition], "modelStatus": failure}}
    answer = readiness(found, as_canary=False, in_cluster=True)
    assert answer == NotReady("PredictorNotReady: no such bucket")
    fresh = on_cluster(manifest()) | {"status": {}}
    assert isinstance(readiness(fresh, as_canary=False, in_cluster=True), NotReady)


@pytest.mark.parametrize(
    ("created", "ready", "rolled_out", "answer"),
    [
        ("r1", "r1", "r1", NotReady("there is no new revision yet")),
        ("r2", "r1", "r1", NotReady("revision r2 is not ready yet")),
        ("r2", "r2", "r1", Ready("http://latest-digits-predictor.team.svc.cluster.local")),
    ],
)
def test_canary_url_is_that_of_a_new_ready_revision(
    created: str, ready: str, rolled_out: str, answer: Ready | NotReady
) -> None:
    found = on_cluster(manifest(), components=revisions(created, ready, rolled_out))
    assert has_revisions(found)
    assert readiness(found, as_canary=True, in_cluster=True) == answer
    if isinstance(answer, Ready):
        outside = readiness(found, as_canary=True, in_cluster=False)
        assert outside == Ready("http://latest-digits.example.com")
