"""Generates the chart's README.md and values.schema.json from values.yaml and RunnerConfig.

Run ``python -m helm.document`` or ``make pipeline``. Types are inferred from the default values;
``_OPEN`` holds the types that cannot be inferred.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from kubenas.config import PodConfig, RunnerConfig
from kubenas.scheduling.policy import Volume
from kubenas.scheduling.store_credentials import CONFIG_KEYS

CHART = Path(__file__).parent / "kubenas"
_KUBERNETES_OBJECTS = {"type": "array", "items": {"type": "object"}}
_LOCKABLE = [
    *(key for key in RunnerConfig.model_fields if key != "pod"),
    *(f"pod.{key}" for key in PodConfig.model_fields),
]
_OPEN: dict[str, dict[str, Any]] = {
    "networkPolicy.trialEgress": _KUBERNETES_OBJECTS,
    "networkPolicy.metricsFrom": _KUBERNETES_OBJECTS,
    "policy.locked": {"type": "array", "items": {"enum": _LOCKABLE}, "uniqueItems": True},
    "policy.volumes": {
        "type": "array",
        "items": {"enum": list(get_args(Volume))},
        "uniqueItems": True,
    },
    "prePull.tolerations": _KUBERNETES_OBJECTS,
    "store.environment": {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: {"type": "string"} for key in CONFIG_KEYS},
    },
    "resourceQuota.hard": {
        "type": "object",
        "additionalProperties": {"type": ["string", "integer"]},
    },
}
_TYPES = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    list: {"type": "array", "items": {"type": "string"}},
    dict: {"type": "object", "additionalProperties": {"type": "string"}},
}


@dataclass(frozen=True)
class Setting:
    """A value of values.yaml."""

    name: str
    """Key, with the section and a dot before it."""
    default: Any
    description: str
    """Comment of the value."""


def settings() -> Iterator[Setting]:
    """Yields sections and their keys, in order."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    section = ""
    for description, indent, key in re.findall(r"(?m)^ *# (?:-- )?(.+)\n( *)([A-Za-z]+):", text):
        section = section if indent else key
        name = f"{section}.{key}" if indent else key
        yield Setting(name, values[section][key] if indent else values[key], description)


def readme() -> str:
    """Returns the README of the chart."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    lines = [
        "# Chart kubenas",
        "",
        f"{chart['description']}: service accounts, RBAC for the steps,",
        "network policies and defaults. Install it in each namespace that runs searches. It",
        "creates cluster-wide objects only with `priorityClasses.create` or",
        "`admissionPolicy.enabled`.",
        "",
        "```",
        "helm install kubenas helm/kubenas -n team --set 'controller.alsoFor={pipeline-runner}'",
        "helm test kubenas -n team",
        "```",
        "",
        "`make pipeline` generates this file and `values.schema.json` from `values.yaml`.",
    ]
    for setting in settings():
        if "." in setting.name:
            lines.append(
                f"| `{setting.name}` | `{json.dumps(setting.default)}` | {setting.description} |"
            )
        else:
            lines += ["", f"## {setting.name}", "", setting.description]
            if setting.default:
                lines += ["", "| value | default | |", "|---|---|---|"]
    return "\n".join(lines) + "\n"


def schema() -> dict[str, Any]:
    """Returns the JSON schema of the values, without additional properties."""
    runner = RunnerConfig.model_json_schema()
    properties: dict[str, Any] = {"global": {"type": "object"}}
    for setting in settings():
        section, _, key = setting.name.partition(".")
        if key:
            kind = _OPEN.get(setting.name, _TYPES[type(setting.default)])
            properties[section]["properties"][key] = {"description": setting.description, **kind}
        else:
            properties[section] = _closed(setting.description, {})
    properties["runner"] |= {"properties": runner["properties"]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_closed("Values of the chart kubenas.", properties),
        "$defs": runner["$defs"],
    }


def files() -> dict[Path, str]:
    """Returns the generated files and their contents."""
    return {
        CHART / "README.md": readme(),
        CHART / "values.schema.json": json.dumps(schema(), indent=2) + "\n",
    }


def _closed(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
