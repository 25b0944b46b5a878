"""Flat list of a pipeline's tasks, including those inside conditions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_EQUALS = re.compile(r"inputs\.parameter_values\['(?P<name>[^']+)'\]\s*==\s*'(?P<value>[^']*)'")
_KNOWN_KEYS = {"componentRef", "dependentTasks", "inputs", "taskInfo", "triggerPolicy"}


@dataclass(frozen=True)
class Condition:
    """Condition that a parameter has a value."""

    given: Mapping[str, Any]
    value: str


@dataclass(frozen=True)
class Task:
    """A task of the package, with its inputs relative to the pipeline's root."""

    content: Mapping[str, Any]
    condition: Condition | None = None


def flat_tasks(spec: Mapping[str, Any]) -> dict[str, Task]:
    """Returns the pipeline's tasks by name, including those inside conditions."""
    return dict(_flat(spec))


def _flat(spec: Mapping[str, Any]) -> Iterator[tuple[str, Task]]:
    for name, task in spec["root"]["dag"]["tasks"].items():
        component = spec["components"][task["componentRef"]["name"]]
        if "dag" not in component:
            yield name, Task(task)
            continue
        assert task.keys() <= _KNOWN_KEYS, f"{name}: {task.keys() - _KNOWN_KEYS}"
        condition = _condition(task)
        for inner_name, inner in component["dag"]["tasks"].items():
            inner_component = spec["components"][inner["componentRef"]["name"]]
            assert "dag" not in inner_component, f"{inner_name}: a condition within a condition"
            yield inner_name, Task(_lifted(inner, task), condition)


def _condition(task: Mapping[str, Any]) -> Condition:
    text = task["triggerPolicy"]["condition"]
    found = _EQUALS.fullmatch(text)
    assert found, f"{text}: not known here"
    return Condition(task["inputs"]["parameters"][found["name"]], found["value"])


def _lifted(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``inner`` with inputs as if it were outside of the condition ``outer``."""
    keys = {"parameters": "componentInputParameter", "artifacts": "componentInputArtifact"}
    inputs = {
        kind: {
            name: outer["inputs"][kind][given[keys[kind]]] if keys[kind] in given else given
            for name, given in inner.get("inputs", {}).get(kind, {}).items()
        }
        for kind in keys
    }
    before = [*inner.get("dependentTasks", ()), *outer.get("dependentTasks", ())]
    return {**inner, "inputs": inputs, "dependentTasks": before}
