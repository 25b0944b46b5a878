"""The chart: its objects, its installation, and the permissions that it grants."""

import json
from dataclasses import asdict
from itertools import product
from pathlib import Path

import pytest
import yaml

from kubenas.scheduling import store_credentials
from kubenas.scheduling.kubernetes.access.facts import SEARCH_PERMISSIONS, Permission
from kubenas.scheduling.kubernetes.access.kubeflow_permissions import (
    KubeflowSteps,
    parse_kubeflow_steps,
)
from tests.cluster.argo import argo_api
from tests.cluster.images import run
from tests.cluster.namespace import CHART, CONTROLLER, TRIAL, Namespace

pytestmark = pytest.mark.cluster

VALUES = sorted(Path(__file__).parent.glob("*.yaml"))


def rendered(values: Path) -> str:
    options = ("--namespace", "team", "--kube-version", "1.34", "--values", str(values))
    return run("helm", "template", "kubenas", str(CHART), *options)


def notes(*options: str) -> str:
    """What an administrator reads after an installation."""
    dry = ("--namespace", "team", "--dry-run=client", *options)
    return run("helm", "install", "kubenas", str(CHART), *dry).partition("NOTES:")[2]


def granted(namespace: Namespace, role: str) -> set[Permission]:
    return {
        Permission(verb, resource, group, name)
        for rule in namespace.get("role", role)["rules"]
        for group, resource, verb, name in product(
            rule["apiGroups"], rule["resources"], rule["verbs"], rule.get("resourceNames", [""])
        )
    }


@pytest.mark.parametrize("values", VALUES, ids=lambda values: values.stem)
def test_what_it_makes_is_what_was_reviewed(values: Path) -> None:
    options = ("--kube-version", "1.34", "--values", str(values))
    run("helm", "lint", "--strict", "--quiet", str(CHART), *options)
    assert rendered(values) == values.with_suffix(".golden").read_text(encoding="utf-8")


def test_nothing_belongs_to_the_whole_cluster_by_default() -> None:
    default = next(values for values in VALUES if values.stem == "default")
    kinds = {each["kind"] for each in yaml.safe_load_all(rendered(default))}
    assert kinds == {"ServiceAccount", "Role", "RoleBinding", "ConfigMap", "NetworkPolicy", "Pod"}


@pytest.mark.parametrize(
    "wrong",
    [
        "controler={}",
        "runner={'pod': {'acelerator': 'gpu'}}",
        "kueue={'localQueue': 3}",
        "policy={'locked': ['pod.imag']}",
        "policy={'locked': ['pod']}",
        "store={'environment': {'AWS_SECRET_ACCESS_KEY': 'x'}}",
        "test={'imagePullSecrets': ['registry']}",
    ],
)
def test_a_value_that_it_does_not_know_is_refused(wrong: str) -> None:
    with pytest.raises(AssertionError, match="meet the specifications"):
        run("helm", "lint", str(CHART), "--set-json", wrong.replace("'", '"'))


def test_its_own_test_passes_with_every_object_that_needs_no_operator(namespace: Namespace) -> None:
    run("helm", "uninstall", "kubenas", "--namespace", namespace.name)
    namespace.install_chart(
        test__image=namespace.images.controller,
        prePull={"enabled": True, "images": [namespace.images.trainer]},
        store={"environment": {"AWS_REGION": "minio"}},
        resourceQuota={"hard": {"count/jobs.batch": 4}},
    )
    run("helm", "test", "kubenas", "--namespace", namespace.name, "--timeout", "3m")
    namespace.kubectl("rollout", "status", "daemonset/kubenas-pre-pull", "--timeout", "3m")


def test_the_controller_may_do_what_a_step_does_and_no_more(namespace: Namespace) -> None:
    assert granted(namespace, "kubenas-controller") == set(SEARCH_PERMISSIONS)
    assert granted(namespace, "kubenas-kubeflow") == set(KubeflowSteps().required_permissions())
    data = namespace.get("configmap", "kubenas-defaults")["data"]
    assert parse_kubeflow_steps(data) == KubeflowSteps()


def test_no_kind_is_granted_for_a_name_that_is_empty() -> None:
    chart = ("helm", "template", "kubenas", str(CHART), "--kube-version", "1.34")
    with pytest.raises(AssertionError, match=r"launcherConfigMap: name the ConfigMap"):
        run(*chart, "--set", "kubeflow.launcherConfigMap=")
    assert "resources: [secrets]" not in run(*chart, "--set", "kubeflow.launcherSecret=")


def test_what_must_be_done_by_hand_is_said() -> None:
    plain = notes()
    assert "make images REGISTRY=" in plain
    assert store_credentials.SECRET not in plain
    told = notes(
        *("--set", "images.registry=registry.example/team"),
        *("--set", "store.environment.AWS_ENDPOINT_URL_S3=http://minio:9000"),
    )
    assert "make images" not in told
    assert "compile --image registry.example/team/kubenas/controller:" in told
    assert f"kubectl create secret generic {store_credentials.SECRET}" in told
    assert all(f"--from-literal={key}=" in told for key in store_credentials.SECRET_KEYS[:2])


MAY = [
    Permission("create", "workflowtaskresults", "argoproj.io"),  # Argo's executor
    Permission("patch", "workflowtaskresults", "argoproj.io"),
    Permission("get", "configmaps", name="kfp-launcher"),  # Kubeflow's driver
    Permission("get", "secrets", name="mlpipeline-minio-artifact"),  # its launcher
    Permission("get", "pods"),
    Permission("get", "configmaps", name="kubenas-defaults"),
]
MAY_NOT = [
    Permission("get", "secrets"),
    Permission("list", "secrets"),
    Permission("get", "secrets", name="kubenas-store"),
    Permission("get", "configmaps"),
    Permission("list", "configmaps"),
    Permission("get", "configmaps", name="kubenas-store"),
    Permission("update", "configmaps", name="kubenas-defaults"),
    Permission("update", "configmaps", name="kfp-launcher"),
    Permission("get", "workflowtaskresults", "argoproj.io"),
    Permission("get", "workflows", "argoproj.io"),
    Permission("create", "workflows", "argoproj.io"),
    Permission("create", "pods"),
    Permission("create", "pods/exec"),
    Permission("patch", "pods"),
    Permission("create", "persistentvolumeclaims"),
    Permission("create", "roles", "rbac.authorization.k8s.io"),
]
REVIEWS = """
import json, sys
from kubenas.scheduling.kubernetes.access.facts import Permission
from kubenas.scheduling.kubernetes.access.cluster import is_allowed
from kubenas.scheduling.kubernetes.client.connection import connect
here = connect()
asked = [Permission(**each) for each in json.loads(sys.argv[1])]
print(json.dumps([is_allowed(here.client, here.namespace, each) for each in asked]))
"""


def test_a_steps_pod_may_be_run_by_kubeflow_and_no_more(namespace: Namespace) -> None:
    asked = json.dumps([asdict(each) for each in (*MAY, *MAY_NOT)])
    answers = json.loads(namespace.run_pod("reviews", "python", "-c", REVIEWS, asked))
    allowed = {each for each, answer in zip((*MAY, *MAY_NOT), answers, strict=True) if answer}
    assert allowed == set(MAY)


def test_its_own_test_names_what_kubeflow_would_lack(namespace: Namespace) -> None:
    helm = ("helm", "test", "kubenas", "--namespace", namespace.name, "--timeout", "3m")
    options = ("--reuse-values", "--set", f"test.image={namespace.images.controller}")
    run("helm", "upgrade", "kubenas", str(CHART), "--namespace", namespace.name, *options)
    with argo_api():
        run(*helm)
        assert "has the permissions of Argo, driver" in namespace.kubectl("logs", "kubenas-test")
        namespace.kubectl("delete", "rolebinding", "kubenas-kubeflow")
        with pytest.raises(AssertionError):
            run(*helm)
    log = namespace.kubectl("logs", "kubenas-test")
    assert "get secrets mlpipeline-minio-artifact, patch workflowtaskresults" in log


@pytest.mark.parametrize(
    "refused",
    [
        "get secrets",
        "get configmaps",
        "get configmap other",
        "create pod p --image=i",
        "get jobs --namespace=default",
        "get pods --namespace=default",
        "delete namespace default",
    ],
)
def test_the_controller_is_refused(namespace: Namespace, tmp_path: Path, refused: str) -> None:
    file = namespace.kubeconfig(CONTROLLER, tmp_path)
    verb, *rest = refused.split()
    verb = "run" if verb == "create" else verb
    with pytest.raises(AssertionError, match="Forbidden"):
        run("kubectl", "--kubeconfig", str(file), verb, *rest)


def test_a_trial_has_no_right_and_no_token(namespace: Namespace, tmp_path: Path) -> None:
    file = namespace.kubeconfig(TRIAL, tmp_path)
    for resource in ("pods", "jobs", "secrets", "configmaps", "leases"):
        with pytest.raises(AssertionError, match="Forbidden"):
            run("kubectl", "--kubeconfig", str(file), "get", resource)
    # One stream only: a pod's log does not keep the order of its standard output and error.
    listed = "ls /var/run/secrets 2> /dev/null || echo none"
    assert namespace.run_pod("trial", "sh", "-c", listed, account=TRIAL).strip() == "none"
