"""Merging of settings from config, task and namespace: precedence and errors."""

import pytest

from kubenas.config.runner import RunnerConfig
from kubenas.errors import UserError
from kubenas.scheduling.settings import merge_settings, parse_task_settings


def merged(config, *further):
    return RunnerConfig.model_validate(
        merge_settings(RunnerConfig.model_validate(config), *further)
    )


def test_earlier_sources_take_precedence_per_key():
    found = merged(
        {"kind": "kubernetes", "pod": {"cpu": "2"}},
        {"pod": {"cpu": "4", "memory": "8Gi", "node_selector": {"gpu": "a100"}}},
        {"workers": 9, "pod": {"memory": "1Gi", "node_selector": {"zone": "b"}, "scheduler": "x"}},
    )
    assert (found.kind, found.workers) == ("kubernetes", 9)
    assert (found.pod.cpu, found.pod.memory, found.pod.scheduler) == ("2", "8Gi", "x")
    assert found.pod.node_selector == {"gpu": "a100"}
    assert merged({"workers": 3}) == RunnerConfig(workers=3)


def test_namespace_does_not_override_the_runner_kind():
    assert merged({"kind": "kubernetes"}, {"kind": "local"}).kind == "kubernetes"


def test_resources_of_a_kubeflow_task_apply_to_trials():
    task = {
        "affinity": {"nodeAffinity": {}},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "node_selector": {"gpu": "a100"},
        "env": [{"name": "LEVEL", "value": "3"}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "volume_mounts": [{"name": "data", "mountPath": "/data"}],
        "resources": {
            "requests": {"cpu": "500m", "memory": "2Gi"},
            "limits": {"cpu": "4", "memory": "4Gi", "nvidia.com/gpu": "2"},
        },
    }
    pod = merged({"kind": "kubernetes"}, parse_task_settings(task)).pod
    assert (pod.cpu, pod.memory, pod.accelerator, pod.accelerators) == (
        "500m", "4Gi", "nvidia.com/gpu", 2,
    )  # fmt: skip
    assert pod.node_selector == {"gpu": "a100"}
    assert pod.tolerations == ({"key": "gpu", "operator": "Exists"},)
    assert pod.affinity == {"nodeAffinity": {}}
    assert pod.env == {"LEVEL": "3"}
    assert [mount["mountPath"] for mount in pod.mounts] == ["/data"]


@pytest.mark.parametrize("task", [{}, {"resources": None, "env": None}, {"resources": {}}])
def test_empty_task_changes_nothing(task):
    assert parse_task_settings(task) == {"pod": {}}


def test_variable_from_a_secret_stays_a_reference():
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    task = {"env": [{"name": "TOKEN", "valueFrom": source}]}
    assert merged({"kind": "kubernetes"}, parse_task_settings(task)).pod.env == {"TOKEN": source}


def test_store_credentials_of_a_task_are_left_out():
    task = {
        "env": [
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "kubenas-store", "key": "A"}}},
            {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "kubenas-store", "key": "B"}}},
        ]
    }
    assert parse_task_settings(task) == {"pod": {}}


def test_namespace_sets_the_runner_kind_if_unset():
    assert merged({}, {"kind": "local"}).kind == "local"


def test_two_kinds_of_accelerators_are_refused():
    two = {"limits": {"nvidia.com/gpu": "1", "amd.com/gpu": "1"}}
    with pytest.raises(UserError, match=r"amd.com/gpu and nvidia.com/gpu; a trial can use one"):
        parse_task_settings({"resources": two})
