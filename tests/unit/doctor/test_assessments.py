"""Assessments of given facts: what is a problem, and the proposed fix."""

import pytest

from kubenas.doctor.clock import assess_clock, store_url
from kubenas.doctor.cluster import assess_cluster
from kubenas.doctor.finding import Finding
from kubenas.doctor.kubeflow import assess_kubeflow
from kubenas.doctor.machine import assess_cache, assess_memory
from kubenas.doctor.output import assess_latency, assess_reach
from kubenas.doctor.software import assess_software
from kubenas.scheduling.kubernetes.access.facts import (
    SEARCH_PERMISSIONS,
    ClusterFacts,
    KubeflowFacts,
    Node,
)
from kubenas.scheduling.kubernetes.access.kubeflow_permissions import KubeflowSteps

GIB = 1 << 30
WANTED = (
    "keras<4,>=3.13",
    "keras-tuner==1.4.8",
    "kfp>=2.17",
    "tensorflow-cpu<2.22,>=2.20; extra == 'cpu'",
)
HERE = {"tensorflow-cpu": "2.21.0", "keras": "3.15.1", "keras-tuner": "1.4.8", "kfp": "2.17.3"}


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_supported_versions() -> None:
    assert all(finding.ok for finding in assess_software("3.12.1", HERE, WANTED))


@pytest.mark.parametrize(
    ("python", "installed", "subject", "message"),
    [
        ("3.10.2", HERE, "python", "3.10.2 is installed, but <3.14,>=3.11 is required"),
        ("3.12.1", {**HERE, "keras-tuner": "1.4.7"}, "keras-tuner", "but ==1.4.8 is required"),
        ("3.12.1", {**HERE, "tensorflow-cpu": "2.22.0"}, "tensorflow-cpu", "kubenas[cpu]"),
        ("3.12.1", {"keras": "3.15"}, "tensorflow", "not installed; pip install 'kubenas[cpu]'"),
    ],
)
def test_unsupported_versions_are_problems(
    python: str, installed: dict[str, str], subject: str, message: str
) -> None:
    finding = by_subject(assess_software(python, installed, WANTED))[subject]
    assert not finding.ok
    assert message in finding.message


def test_memory_limits_the_number_of_workers() -> None:
    assert assess_memory(2, 4 * GIB).ok
    refused = assess_memory(8, 4 * GIB)
    assert not refused.ok
    assert refused.message.endswith("set runner.workers: 4")
    assert assess_memory(4, 4 * GIB).ok


@pytest.mark.parametrize(
    ("limit", "free", "needed", "remedy"),
    [
        (10, 40, 3, ""),
        (10, 40, 12, "raise KUBENAS_CACHE_GIB"),
        (10, 2, 3, "KUBENAS_CACHE to a folder on a larger disk"),
    ],
)
def test_cache_must_fit_the_data(limit: int, free: int, needed: int, remedy: str) -> None:
    finding = assess_cache("/c", limit * GIB, free * GIB, needed * GIB)
    assert finding.ok is not bool(remedy)
    assert remedy in finding.message


def test_wrong_clock_and_slow_store() -> None:
    assert assess_clock(-2.0).ok
    assert "41 s behind" in assess_clock(-41.0).message
    assert not assess_clock(-41.0).ok
    assert assess_latency(0.2, 0.1).ok
    assert not assess_latency(2.0, 0.1).ok


def test_reachable_outputs() -> None:
    assert assess_reach("s3://bucket/out", []).ok
    assert assess_reach("/mnt/data/out", ["/mnt/data"]).ok
    assert not assess_reach("/mnt/data/out", ["/mnt/other"]).ok


def test_store_url() -> None:
    assert store_url("/a/folder", {}) is None
    assert store_url("gs://b/x", {}) == "https://storage.googleapis.com"
    assert store_url("s3://b/x", {}) == "https://s3.amazonaws.com"
    assert store_url("minio://b", {"AWS_ENDPOINT_URL": "http://m:9000"}) == "http://m:9000"


def node(name: str, *, ready: bool = True, gpus: str = "4") -> Node:
    images = frozenset({"docker.io/kubenas/controller:1"} if name == "n1" else ())
    return Node(name, ready=ready, allocatable={"nvidia.com/gpu": gpus}, images=images)


def cluster(asked: int = 0, **changes: object) -> dict[str, Finding]:
    facts: dict[str, object] = {"refused": frozenset(), "nodes": (node("n1"), node("n2"))}
    told = ClusterFacts("https://c", "v1.34", "team", **{**facts, **changes})  # type: ignore[arg-type]
    images = ["kubenas/controller:1"]
    return by_subject(
        assess_cluster(told, accelerator="nvidia.com/gpu", images=images, asked=asked)
    )


def test_cluster_without_problems() -> None:
    findings = cluster()
    assert all(finding.ok for finding in findings.values())
    assert findings["accelerator"].message == "8 nvidia.com/gpu on 2 nodes"
    assert findings["image"].message == "kubenas/controller:1: on 1 of 2 nodes"


def test_missing_permissions_are_listed_with_a_command() -> None:
    refused = frozenset(each for each in SEARCH_PERMISSIONS if each.resource in {"leases"})
    finding = cluster(refused=refused)["rights"]
    assert not finding.ok
    assert "create leases, get leases, update leases" in finding.message
    assert "'kubectl auth can-i create leases.coordination.k8s.io -n team'" in finding.message


def test_permission_on_one_object_has_its_name() -> None:
    refused = frozenset(each for each in SEARCH_PERMISSIONS if each.name)
    message = cluster(refused=refused)["rights"].message
    assert "get configmaps kubenas-defaults" in message
    assert "'kubectl auth can-i get configmaps/kubenas-defaults -n team'" in message


def test_missing_permissions_of_kubeflow_steps() -> None:
    steps = KubeflowSteps(account="nas", secret="keys")
    finding = assess_kubeflow(
        KubeflowFacts(True, "team", "nas", frozenset(steps.required_permissions()))
    )
    assert not finding.ok
    assert (
        "steps run as nas, which lacks permissions in namespace team: create workflowtaskresults,"
        " get configmaps kfp-launcher, get secrets keys, patch workflowtaskresults;"
    ) in finding.message
    assert finding.message.endswith(
        "'kubectl auth can-i create workflowtaskresults.argoproj.io -n team"
        " --as system:serviceaccount:team:nas'"
    )


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (KubeflowFacts(False, "team"), "not installed in this cluster"),
        (KubeflowFacts(True, "team"), "no account for steps in team"),
        (KubeflowFacts(True, "team", "nas"), "permissions of nas; run 'helm test kubenas"),
        (KubeflowFacts(True, "team", "nas", frozenset()), "nas has the permissions of Argo"),
    ],
)
def test_kubeflow_without_problems(facts: KubeflowFacts, message: str) -> None:
    finding = assess_kubeflow(facts)
    assert finding.ok
    assert message in finding.message


def test_unusable_nodes() -> None:
    down = cluster(nodes=(node("n1", ready=False),))
    assert not down["nodes"].ok
    assert "no ready node offers" in down["accelerator"].message
    assert "trials train on CPUs" in cluster(nodes=(node("n2", gpus="0"),))["accelerator"].message
    assert "it will be pulled" in cluster(nodes=(node("n2"),))["image"].message
    assert (
        "nvidia.com/gpu on 1 nodes" in cluster(nodes=(node("n", gpus="1k"),))["accelerator"].message
    )
    assert set(cluster(nodes=None)) == {"cluster", "rights", "nodes"}


def test_missing_accelerators() -> None:
    assert cluster(asked=4)["accelerator"].ok
    too_many = cluster(asked=5)["accelerator"]
    assert not too_many.ok
    assert too_many.message.endswith("set runner.pod.accelerators: 4")
    none = cluster(asked=1, nodes=(node("n1", gpus="0"),))["accelerator"]
    assert not none.ok
    assert "correct runner.pod.accelerator; see 'kubectl get nodes" in none.message
