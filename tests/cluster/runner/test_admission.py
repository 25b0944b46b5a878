"""The chart's admission policy: trials that the API server rejects. No pod runs."""

import json
import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from kubenas.config.runner import PodConfig, RunnerConfig
from kubenas.scheduling.kubernetes.manifest import JobTemplate, job_manifest
from kubenas.scheduling.kubernetes.names import Stage
from kubenas.trial import AttemptSpec, SpaceRef, Task
from tests.cluster.images import Images, run
from tests.cluster.namespace import CHART, CONTROLLER, TRIAL, Namespace, fresh_namespace
from tests.unit.scheduling.pod_settings import ADMITTED, REFUSED

pytestmark = pytest.mark.cluster

TOLD_SECONDS = 60.0
HOST = {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}
WRONG_PODS: dict[str, dict[str, Any]] = {
    "the-hosts-network": {"hostNetwork": True},
    "the-hosts-processes": {"hostPID": True},
    "the-hosts-memory": {"hostIPC": True},
    "an-accounts-token": {"automountServiceAccountToken": True},
    "another-account": {"serviceAccountName": "default"},
    "no-account": {"serviceAccountName": None},
}
"""Changes of the pod that no ``runner.pod`` asks for."""
WRONG_CONTAINERS: dict[str, dict[str, Any]] = {
    "a-capability": {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        }
    },
    "privileges": {"securityContext": {"privileged": True}},
    "more-privileges": {"securityContext": {}},
    "a-port-of-the-host": {"ports": [{"containerPort": 80, "hostPort": 80}]},
    "apparmor-off": {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "appArmorProfile": {"type": "Unconfined"},
        }
    },
    "seccomp-off": {
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "seccompProfile": {"type": "Unconfined"},
        }
    },
}
"""Changes of its container."""


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """A namespace with the policy, once the API server enforces it."""
    with fresh_namespace(Images("unused:1", "unused:1"), "kubenas-admission") as fresh:
        try:
            fresh.install_chart(admissionPolicy__enabled=True)
            until = time.monotonic() + TOLD_SECONDS
            while not refusal(fresh, trial(fresh, **HOST)):
                assert time.monotonic() < until, "the policy has not come into force"
                time.sleep(1)
            yield fresh
        finally:
            run("helm", "uninstall", "kubenas", "--namespace", fresh.name, "--ignore-not-found")


def trial(namespace: Namespace, **pod: Any) -> dict[str, Any]:
    """Returns the Job of a trial with this ``runner.pod``."""
    config = PodConfig(**{"service_account": TRIAL, **pod})
    stage = Stage(search="digits-0123456789", output="gs://b/out", step="search")
    template = JobTemplate(
        RunnerConfig(kind="kubernetes", pod=config), stage, namespace=namespace.name, image="i:1"
    )
    spec = AttemptSpec(
        task=Task.TRAIN,
        search=stage.search,
        trial=7,
        attempt=1,
        prefix="gs://b/out/trials/00007/a1",
        space=SpaceRef(name="any"),
        dataset="gs://b/out/data",
    )
    return job_manifest(spec, template)


def changed(
    job: dict[str, Any], *, pod: dict[str, Any] | None = None, container: Any = None
) -> dict[str, Any]:
    made = deepcopy(job)
    spec = made["spec"]["template"]["spec"]
    spec.update(pod or {})
    spec["containers"][0].update(container or {})
    return made


def refusal(namespace: Namespace, job: dict[str, Any], *options: str) -> str:
    """Returns the policy's message about the Job; empty if it is admitted."""
    command = ("--namespace", namespace.name, "create", "--dry-run=server", *options, "-f", "-")
    try:
        run("kubectl", *command, stdin=json.dumps(job))
    except AssertionError as error:
        _, policy, said = str(error).partition("ValidatingAdmissionPolicy 'kubenas-trials-")
        if policy:
            return said.partition("denied request: ")[2].strip()
        raise
    return ""


@pytest.mark.parametrize("pod", ADMITTED.values(), ids=ADMITTED)
def test_settings_that_trials_need_are_admitted(namespace: Namespace, pod: dict[str, Any]) -> None:
    assert not refusal(namespace, trial(namespace, **pod))


@pytest.mark.parametrize("pod", REFUSED.values(), ids=REFUSED)
def test_settings_that_widen_rights_are_rejected(namespace: Namespace, pod: dict[str, Any]) -> None:
    assert "trials" in refusal(namespace, trial(namespace, **pod))


@pytest.mark.parametrize("pod", WRONG_PODS.values(), ids=WRONG_PODS)
def test_pod_with_more_rights_is_rejected(namespace: Namespace, pod: dict[str, Any]) -> None:
    assert refusal(namespace, changed(trial(namespace), pod=pod))


@pytest.mark.parametrize("container", WRONG_CONTAINERS.values(), ids=WRONG_CONTAINERS)
def test_container_with_more_rights_is_rejected(
    namespace: Namespace, container: dict[str, Any]
) -> None:
    job = changed(trial(namespace), container=container)
    assert refusal(namespace, job)
    job = changed(trial(namespace))
    extra = {"name": "extra", "image": "i:1", **container}
    job["spec"]["template"]["spec"]["initContainers"] = [extra]
    assert refusal(namespace, job)


def test_policy_applies_to_all_jobs_of_the_controller(namespace: Namespace) -> None:
    job = trial(namespace, **HOST)
    job["metadata"]["labels"] = {"app.kubernetes.io/name": "other"}
    assert not refusal(namespace, job)
    account = f"system:serviceaccount:{namespace.name}:{CONTROLLER}"
    assert "policy.volumes" in refusal(namespace, job, "--as", account)
    assert not refusal(namespace, trial(namespace), "--as", account)


def test_policy_does_not_apply_to_other_namespaces(namespace: Namespace) -> None:
    with fresh_namespace(namespace.images, "kubenas-admission") as other:
        assert not refusal(other, trial(other, **HOST))


def test_administrator_allows_settings_by_name(namespace: Namespace) -> None:
    wrong = {"secrets": ["team"], "service_account": "reader"}
    assert refusal(namespace, trial(namespace, **wrong))
    namespace.install_chart(policy__secrets=["team"], policy__serviceAccounts=["reader"])
    until = time.monotonic() + TOLD_SECONDS
    while refusal(namespace, trial(namespace, **wrong)):
        assert time.monotonic() < until, "the policy has not changed"
        time.sleep(1)


@pytest.mark.parametrize(
    "setting", ["policy.serviceAccounts[0]", "policy.servingAccounts[0]", "trial.serviceAccount"]
)
def test_trials_cannot_use_an_account_of_the_steps(setting: str) -> None:
    chart = ("helm", "template", "kubenas", str(CHART), "--kube-version", "1.34")
    with pytest.raises(AssertionError, match="kubenas-controller has the rights of a step"):
        run(*chart, "--set", f"{setting}={CONTROLLER}")


def test_older_cluster_gets_a_message(namespace: Namespace) -> None:
    chart = ("helm", "template", "kubenas", str(CHART), "--kube-version", "1.29")
    with pytest.raises(AssertionError, match=r"needs Kubernetes 1\.30, this is"):
        run(*chart, "--set", "admissionPolicy.enabled=true")
