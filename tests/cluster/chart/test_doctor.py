"""``kubenas doctor`` on a real cluster: as administrator and as an account without permissions."""

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from kubenas.doctor.cluster import assess_cluster
from kubenas.doctor.kubeflow import assess_kubeflow
from kubenas.errors import UserError
from kubenas.scheduling.kubernetes.access.cluster import query_cluster
from kubenas.scheduling.kubernetes.access.facts import SEARCH_PERMISSIONS, ClusterFacts
from kubenas.scheduling.kubernetes.access.kubeflow import query_kubeflow
from kubenas.scheduling.kubernetes.access.kubeflow_permissions import KubeflowSteps
from kubenas.scheduling.kubernetes.client.connection import cluster_configured
from tests.cluster.argo import argo_api
from tests.cluster.namespace import CHART

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
    findings = assess_cluster(facts, accelerator="nvidia.com/gpu", images=["absent:1"])
    return {finding.subject for finding in findings if not finding.ok}


def test_an_administrator_may_do_all_and_sees_the_nodes() -> None:
    assert cluster_configured()
    facts = query_cluster(SEARCH_PERMISSIONS)
    assert facts.refused == frozenset()
    assert facts.nodes
    assert problems(facts) == set()


def kubeconfig(namespace: str, folder: Path, account: str | None = None) -> str:
    """A kubeconfig of ours for ``namespace``, or with the rights of an account of it."""
    config: Any = json.loads(
        kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json")
    )
    config["contexts"][0]["context"] |= {"namespace": namespace}
    if account:
        token = kubectl("create", "token", account, "-n", namespace).strip()
        config["users"] = [{"name": account, "user": {"token": token}}]
        config["contexts"][0]["context"] |= {"user": account}
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return str(file)


def install(namespace: str, *options: str) -> None:
    command = ["helm", "install", "kubenas", str(CHART), "--namespace", namespace, *options]
    subprocess.run(command, capture_output=True, check=True)


def test_another_namespace_than_the_configurations_is_looked_at(namespace: str) -> None:
    assert query_cluster(SEARCH_PERMISSIONS).namespace != namespace
    assert query_cluster(SEARCH_PERMISSIONS, namespace).namespace == namespace
    assert query_kubeflow(namespace).namespace == namespace
    with pytest.raises(UserError, match="namespace nosuch does not exist"):
        query_cluster(SEARCH_PERMISSIONS, "nosuch")


def test_an_account_without_rights_is_told_all_that_it_lacks(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl("create", "serviceaccount", "nobody", "-n", namespace)
    monkeypatch.setitem(os.environ, "KUBECONFIG", kubeconfig(namespace, tmp_path, "nobody"))
    facts = query_cluster(SEARCH_PERMISSIONS)
    assert facts.namespace == namespace
    assert facts.refused == frozenset(SEARCH_PERMISSIONS)
    assert facts.nodes is None
    assert problems(facts) == {"rights"}


def test_an_administrator_is_told_what_the_account_of_the_steps_lacks(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "KUBECONFIG", kubeconfig(namespace, tmp_path))
    with argo_api():
        assert query_kubeflow().account is None  # without the chart nobody runs steps here
        install(namespace, "--set", "kubeflow.launcherSecret=keys")
        assert query_kubeflow().refused == frozenset()
        kubectl("delete", "rolebinding", "kubenas-kubeflow", "-n", namespace)
        facts = query_kubeflow()
    needed = KubeflowSteps(secret="keys").required_permissions()
    assert facts.refused == frozenset(needed)
    assert "get secrets keys" in assess_kubeflow(facts).message


@pytest.mark.parametrize("options", [["--set", "kubeflow.enabled=false"], []])
def test_who_may_not_ask_about_others_is_told_of_no_problem(
    namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    install(namespace, *options)
    account = "kubenas-controller"
    config = kubeconfig(namespace, tmp_path, account)
    with argo_api(), monkeypatch.context() as patch:
        patch.setitem(os.environ, "KUBECONFIG", config)
        facts = query_kubeflow()
    assert facts.installed
    assert (facts.account, facts.refused) == (None if options else account, None)
    assert assess_kubeflow(facts).ok


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        ({}, "trials comply with the policy of the namespace"),
        ({"service_account": "kubenas-controller"}, "runner.pod.service_account: 'kubenas-contr"),
        ({"cache": {"hostPath": {"path": "/"}}}, "runner.pod.cache: hostPath is not allowed"),
    ],
)
def test_a_search_whose_trials_may_not_have_what_it_asks_for_is_told_so(
    namespace: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pod: dict[str, Any],
    message: str,
) -> None:
    install(namespace)
    monkeypatch.setitem(os.environ, "KUBECONFIG", kubeconfig(namespace, tmp_path))
    content = {"name": "n", "output": str(tmp_path / "out"), "data": {"source": "digits"}}
    runner = {"kind": "kubernetes", "pod": pod}
    file = tmp_path / "search.yaml"
    file.write_text(json.dumps({**content, "runner": runner}))
    done = CliRunner().invoke(kubenas, ["doctor", str(file)])
    (line,) = (each for each in done.output.splitlines() if " pods " in each)
    assert line.startswith("problem" if pod else "ok")
    assert message in line
