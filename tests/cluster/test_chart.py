"""The chart: what it makes, that it installs, and which rights it gives."""

from itertools import product
from pathlib import Path

import pytest
import yaml

from kubenas.scheduling.cluster_facts import NEEDED, Permission
from tests.cluster.images import run
from tests.cluster.namespace import CHART, CONTROLLER, TRIAL, Namespace

pytestmark = pytest.mark.cluster

VALUES = sorted(Path(__file__).with_name("chart").glob("*.yaml"))


def rendered(values: Path) -> str:
    options = ("--namespace", "team", "--kube-version", "1.34", "--values", str(values))
    return run("helm", "template", "kubenas", str(CHART), *options)


@pytest.mark.parametrize("values", VALUES, ids=lambda values: values.stem)
def test_what_it_makes_is_what_was_reviewed(values: Path) -> None:
    run("helm", "lint", "--strict", "--quiet", str(CHART), "--values", str(values))
    assert rendered(values) == values.with_suffix(".golden").read_text(encoding="utf-8")


def test_nothing_belongs_to_the_whole_cluster_by_default() -> None:
    default = next(values for values in VALUES if values.stem == "default")
    kinds = {each["kind"] for each in yaml.safe_load_all(rendered(default))}
    assert kinds == {"ServiceAccount", "Role", "RoleBinding", "ConfigMap", "NetworkPolicy", "Pod"}


@pytest.mark.parametrize(
    "wrong", ["controler={}", "runner={'pod': {'acelerator': 'gpu'}}", "kueue={'localQueue': 3}"]
)
def test_a_value_that_it_does_not_know_is_refused(wrong: str) -> None:
    with pytest.raises(AssertionError, match="meet the specifications"):
        run("helm", "lint", str(CHART), "--set-json", wrong.replace("'", '"'))


def test_its_own_test_passes_with_every_object_that_needs_no_operator(namespace: Namespace) -> None:
    run("helm", "uninstall", "kubenas", "--namespace", namespace.name)
    namespace.install_chart(
        test__image=namespace.images.controller,
        prePull={"enabled": True, "images": [namespace.images.trainer]},
        resourceQuota={"hard": {"count/jobs.batch": 4}},
    )
    run("helm", "test", "kubenas", "--namespace", namespace.name, "--timeout", "3m")
    namespace.kubectl("rollout", "status", "daemonset/kubenas-pre-pull", "--timeout", "3m")


def test_the_controller_may_do_what_the_search_does_and_no_more(namespace: Namespace) -> None:
    rules = namespace.get("role", "kubenas-controller")["rules"]
    granted = {
        Permission(verb, resource, group)
        for rule in rules
        for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"])
    }
    assert granted == {*NEEDED, Permission("get", "configmaps")}


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
    log = namespace.run_pod("trial", "sh", "-c", "ls /var/run/secrets || echo none", account=TRIAL)
    assert log.splitlines()[-1] == "none"
