"""The Job of an attempt: one pod, restricted, on the nodes and with the devices that it should."""

import dataclasses
from typing import Any

import pytest

from kubenas import __version__
from kubenas.config.runner import PodConfig, RunnerConfig
from kubenas.scheduling.kubernetes.manifest import Place, job_manifest
from kubenas.scheduling.kubernetes.names import Stage, job_name
from kubenas.scheduling.quantity import scaled
from kubenas.trial import (
    CONTROLLER_VERSION_VARIABLE,
    NONCE_VARIABLE,
    SPEC_DIGEST_VARIABLE,
    AttemptSpec,
    SpaceRef,
    Task,
)

STAGE = Stage(search="digits-0123456789", output="gs://b/out", step="search")
SPEC = AttemptSpec(
    task=Task.TRAIN,
    search=STAGE.search,
    trial=7,
    attempt=2,
    prefix="gs://b/out/trials/00007/a2",
    space=SpaceRef(name="any"),
    dataset="gs://b/out/data",
)


def manifest(spec: AttemptSpec = SPEC, **pod: Any) -> dict[str, Any]:
    config = RunnerConfig(kind="kubernetes", pod=PodConfig(**pod))
    return job_manifest(spec, Place(config, STAGE, namespace="n", image="i:1"))


def pod_of(job: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = job["spec"]["template"]["spec"]
    return pod


def container_of(job: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod_of(job)["containers"]
    return dict(container)


def test_a_job_never_makes_a_second_pod_and_goes_by_itself() -> None:
    spec = manifest()["spec"]
    assert (spec["backoffLimit"], spec["parallelism"], spec["completions"]) == (0, 1, 1)
    assert spec["podReplacementPolicy"] == "Failed"
    assert spec["podFailurePolicy"]["rules"][0]["action"] == "FailJob"
    assert spec["ttlSecondsAfterFinished"] == 3600
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_pod_security_restricted_holds_and_no_token_is_there() -> None:
    job = manifest()
    pod, container = pod_of(job), container_of(job)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]
    assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize(
    ("scratch", "asked", "limit"), [("10Gi", 1 << 30, 11 << 30), ("64Mi", 64 << 20, 1088 << 20)]
)
def test_a_trials_share_of_its_nodes_disk_is_known(scratch: str, asked: int, limit: int) -> None:
    resources = container_of(manifest(scratch=scratch))["resources"]
    assert resources["requests"]["ephemeral-storage"] == str(asked)
    assert resources["limits"]["ephemeral-storage"] == str(limit)


def test_the_worker_gets_the_uri_of_its_spec() -> None:
    assert container_of(manifest())["command"][-1] == f"{SPEC.prefix}/spec.json"


def test_the_nonce_reaches_the_pod_and_no_file() -> None:
    spec = SPEC.model_copy(update={"nonce": "secret"})
    environment = container_of(manifest(spec, env={NONCE_VARIABLE: "the user's"}))["env"]
    assert [each["value"] for each in environment if each["name"] == NONCE_VARIABLE] == ["secret"]
    assert {"name": SPEC_DIGEST_VARIABLE, "value": spec.digest} in environment
    assert {"name": CONTROLLER_VERSION_VARIABLE, "value": __version__} in environment
    assert b"secret" not in spec.to_json()
    assert spec.digest == SPEC.digest


@pytest.mark.parametrize(
    ("spec", "asked"),
    [(SPEC, "2"), (SPEC.model_copy(update={"task": Task.DESCRIBE}), None)],
)
def test_accelerators_are_for_those_who_train(spec: AttemptSpec, asked: str | None) -> None:
    resources = container_of(manifest(spec, accelerator="amd.com/gpu", accelerators=2))["resources"]
    assert resources["limits"].get("amd.com/gpu") == asked
    assert resources["requests"].get("amd.com/gpu") == asked


def test_devices_by_claim() -> None:
    job = manifest(resource_claim_template="one-gpu")
    claims = [{"name": "devices", "resourceClaimTemplateName": "one-gpu"}]
    assert pod_of(job)["resourceClaims"] == claims
    assert container_of(job)["resources"]["claims"] == [{"name": "devices"}]


def test_memory_grows_after_it_ran_out() -> None:
    again = SPEC.model_copy(update={"host_ooms": 1})
    resources = container_of(manifest(again, memory="3Gi", memory_growth=2.0))["resources"]
    assert resources["limits"]["memory"] == resources["requests"]["memory"] == str(6 << 30)


@pytest.mark.parametrize(("disruptions", "spot"), [(0, True), (1, True), (2, False)])
def test_cheap_nodes_first(disruptions: int, spot: bool) -> None:
    spec = SPEC.model_copy(update={"disruptions": disruptions})
    toleration = {"key": "spot", "operator": "Exists"}
    pod = pod_of(
        manifest(
            spec,
            node_selector={"gpu": "a100"},
            spot_node_selector={"spot": "true"},
            spot_tolerations=(toleration,),
        )
    )
    assert pod["nodeSelector"] == {"gpu": "a100", **({"spot": "true"} if spot else {})}
    assert (toleration in pod["tolerations"]) == spot


def test_a_dead_node_is_left_within_half_a_minute() -> None:
    seconds = {each["tolerationSeconds"] for each in pod_of(manifest())["tolerations"]}
    assert seconds == {30}


def test_secrets_are_named_and_never_written() -> None:
    reference = {"secretKeyRef": {"name": "team", "key": "token"}}
    container = container_of(manifest(secrets=("bucket",), env={"A": "b", "TOKEN": reference}))
    assert container["envFrom"] == [
        {"configMapRef": {"name": "kubenas-store", "optional": True}},
        {"secretRef": {"name": "kubenas-store", "optional": True}},
        {"secretRef": {"name": "bucket"}},  # the last one counts
    ]
    assert {"name": "A", "value": "b"} in container["env"]
    assert {"name": "TOKEN", "valueFrom": reference} in container["env"]


def test_the_same_attempt_has_the_same_name_whoever_starts_it() -> None:
    assert job_name(STAGE, SPEC) == "nas-digits-0123456789-6b64d8-t00007-a2"
    names = {
        job_name(dataclasses.replace(STAGE, step=step), SPEC.model_copy(update={"task": task}))
        for step in ("search", "retrain", "evaluate", "export")
        for task in (Task.TRAIN, Task.DESCRIBE)
    }
    assert len(names) == 5


def test_the_same_search_in_two_outputs_has_jobs_of_its_own() -> None:
    other = dataclasses.replace(STAGE, output="gs://b/another")
    assert job_name(STAGE, SPEC) != job_name(other, SPEC)


def test_long_names_are_cut_and_stay_apart() -> None:
    names = {
        job_name(Stage(search=f"{'a' * 40}-{digest}", output=output, step="search"), SPEC)
        for digest in ("0123456789", "9876543210")
        for output in ("gs://b/out", "gs://b/another")
    }
    assert len(names) == 4
    assert all(len(name) <= 63 and name.endswith("-t00007-a2") for name in names)


@pytest.mark.parametrize(
    ("quantity", "factor", "expected"),
    [("4Gi", 1, "4Gi"), ("1Ki", 2, "2048"), ("1.5Gi", 2, str(3 << 30)), ("1k", 1.5, "1500")],
)
def test_amounts(quantity: str, factor: float, expected: str) -> None:
    assert scaled(quantity, factor) == expected
