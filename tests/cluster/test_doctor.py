"""What a real cluster says about itself: to its administrator, and to an account without rights."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubenas.doctor.cluster import judge_cluster
from kubenas.scheduling.cluster_facts import NEEDED, ClusterFacts
from kubenas.scheduling.kubernetes_access import ask_cluster
from kubenas.scheduling.kubernetes_connection import cluster_configured

pytestmark = pytest.mark.cluster


def kubectl(*arguments: str) -> str:
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false")


def problems(facts: ClusterFacts) -> set[str]:
    findings = judge_cluster(facts, accelerator="nvidia.com/gpu", images=["absent:1"])
    return {finding.subject for finding in findings if not finding.ok}


def test_an_administrator_may_do_all_and_sees_the_nodes() -> None:
    assert cluster_configured()
    facts = ask_cluster(NEEDED)
    assert facts.refused == frozenset()
    assert facts.nodes
    assert problems(facts) == set()


def test_an_account_without_rights_is_told_all_that_it_lacks(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl("create", "serviceaccount", "nobody", "-n", namespace)
    token = kubectl("create", "token", "nobody", "-n", namespace).strip()
    config = json.loads(kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json"))
    config["users"] = [{"name": "nobody", "user": {"token": token}}]
    config["contexts"][0]["context"] |= {"user": "nobody", "namespace": namespace}
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(config))
    monkeypatch.setitem(os.environ, "KUBECONFIG", str(file))
    facts = ask_cluster(NEEDED)
    assert facts.namespace == namespace
    assert facts.refused == frozenset(NEEDED)
    assert facts.nodes is None
    assert problems(facts) == {"rights"}
