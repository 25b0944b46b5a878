"""Merging of the ``runner`` section from the config, the Kubeflow task and the namespace. Pure.

Earlier sources take precedence. A value equal to the built-in default counts as not set, because
a form in Kubeflow sends every field.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from kubenas.config import PodConfig, RunnerConfig
from kubenas.errors import UserError
from kubenas.scheduling.store_credentials import CONFIG_MAP, SECRET

_SECTION = "pod"


def merge_settings(config: RunnerConfig, *further: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the ``runner`` section of ``config`` with its default values filled from ``further``.

    Args:
        config: section with the highest precedence.
        further: the same section from other sources, highest precedence first, without the keys
            that they do not set; not yet validated.
    """
    content = config.model_dump(mode="json")
    for layer in further:
        content = _merge(content, RunnerConfig().model_dump(mode="json"), layer)
        pod = _merge(
            content[_SECTION], PodConfig().model_dump(mode="json"), layer.get(_SECTION, {})
        )
        content[_SECTION] = pod
    return content


def _merge(
    content: Mapping[str, Any], default: Mapping[str, Any], layer: Mapping[str, Any]
) -> dict[str, Any]:
    said = {
        key: value
        for key, value in layer.items()
        if key != _SECTION and content.get(key) == default.get(key)
    }
    return {**content, **said}


def parse_task_settings(task: Mapping[str, Any]) -> dict[str, Any]:
    """Converts the settings of a task in Kubeflow to a ``runner`` section.

    Args:
        task: fields of ``kfp.dsl.TaskConfig``.

    Raises:
        UserError: the task requests more than one kind of accelerator.
    """
    pod = {
        "node_selector": task.get("node_selector"),
        "tolerations": task.get("tolerations"),
        "affinity": task.get("affinity"),
        "env": _environment(task.get("env") or ()),
        "volumes": task.get("volumes"),
        "mounts": task.get("volume_mounts"),
        **_resources(task.get("resources") or {}),
    }
    return {_SECTION: {key: value for key, value in pod.items() if value}}


def _environment(variables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Maps each variable to its value or its ``valueFrom``.

    Leaves out the store's credentials: every trial gets them with lower precedence.
    """
    return {
        variable["name"]: variable.get("valueFrom", variable.get("value", ""))
        for variable in variables
        if not _is_of_the_store(variable.get("valueFrom") or {})
    }


def _is_of_the_store(source: Mapping[str, Any]) -> bool:
    references = {"secretKeyRef": SECRET, "configMapKeyRef": CONFIG_MAP}
    return any(source.get(kind, {}).get("name") == name for kind, name in references.items())


def _resources(resources: Mapping[str, Any]) -> dict[str, Any]:
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    devices = {
        name: count for name, count in {**requests, **limits}.items() if "/" in name and int(count)
    }
    if len(devices) > 1:
        names = " and ".join(sorted(devices))
        raise UserError(
            f"the task requests {names}; a trial can use one kind of accelerator: request only one"
        )
    (accelerator, count), *_ = devices.items() or [(None, 0)]
    return {
        "cpu": _quantity(requests.get("cpu") or limits.get("cpu")),
        "memory": _quantity(limits.get("memory") or requests.get("memory")),
        "accelerator": accelerator,
        "accelerators": int(count),
    }


def _quantity(value: Any) -> str | None:
    return None if value is None else str(value)
