"""Runs the compiled pipeline on a cluster without Kubeflow: one pod per step, one after another.

Image, command, arguments, executor input, variables and labels come from the package, as in
Kubeflow. The service account is the chart's; the store's address and credentials come from the
sources that the package names. Unknown content of the package is an error.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from kubenas.cli.package import package_text
from kubenas.storage import join, open_storage
from tests.cluster.namespace import Namespace, pod
from tests.cluster.object_store import ObjectStore
from tests.cluster.pipeline_tasks import flat_tasks

_LAUNCHER = Path(__file__).with_name("kfp_launcher.py")
_SCRATCH = ("/tmp", "/gcs", "/s3", "/minio")
_NUMBERS = {"NUMBER_INTEGER": int, "NUMBER_DOUBLE": float}
_KNOWN_KEYS = {
    "task": {
        "cachingOptions", "componentRef", "dependentTasks", "inputs", "taskInfo", "retryPolicy",
    },
    "container": {"image", "command", "args"},
    "extras": {"secretAsEnv", "configMapAsEnv", "podMetadata"},
}  # fmt: skip


@dataclass
class PipelineRunner:
    """One run of the pipeline, after an upgrade of the chart with the store and the trials' image.

    Args:
        namespace: namespace of its pods.
        store: store of its artifacts, below ``root``.
        parameters: fields of the form; missing fields have their defaults.
        task_config: settings of tasks in Kubeflow, in the form of kfp's driver, by task.
    """

    namespace: Namespace
    store: ObjectStore
    parameters: Mapping[str, Any]
    task_config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    """Parameters and artifacts of the completed steps, by name."""

    def __post_init__(self) -> None:
        package = package_text(self.namespace.images.controller)
        self.spec, platform = yaml.safe_load_all(package)
        (self.platform,) = platform["platforms"].values()
        self.tasks = flat_tasks(self.spec)
        self.run = uuid.uuid4().hex[:8]
        self.namespace.install_chart(
            store__environment=self.store.environment,
            runner={"pod": {"image": self.namespace.images.trainer}},
        )
        self.namespace.apply(
            _config_map("launcher", {_LAUNCHER.name: _LAUNCHER.read_text(encoding="utf-8")}),
            _config_map(f"run-{self.run}", {}),
        )
        owner = self.namespace.get("configmap", f"run-{self.run}")
        self.owner = {"apiVersion": "v1", "kind": "ConfigMap", "controller": True} | {
            key: owner["metadata"][key] for key in ("name", "uid")
        }

    def order(self) -> Iterator[str]:
        """Yields the tasks in topological order."""
        graph = {name: task.content.get("dependentTasks", ()) for name, task in self.tasks.items()}
        yield from TopologicalSorter(graph).static_order()

    def run_tasks(self, until: str | None = None) -> None:
        """Runs all remaining tasks whose conditions hold, or only those before ``until``."""
        for task in self.order():
            if task == until:
                return
            if task not in self.outputs and self.is_due(task):
                self.finish(task, self.start(task))

    def is_due(self, task: str) -> bool:
        """Returns whether the condition of ``task``, if any, holds."""
        condition = self.tasks[task].condition
        return condition is None or self._value(condition.given) == condition.value

    def start(self, task: str) -> str:
        """Starts a pod of ``task`` and returns its name. A second call acts as a retry."""
        name = f"{task}-{uuid.uuid4().hex[:5]}"
        component, container = self._component(task)
        given = self.executor_input(task, component)
        extras = self._extras(component)
        stores = {each["name"]: each["valueFrom"] for each in _references(extras)}
        command = [*container["command"], *container["args"]]
        launched = ["python3", f"/kfp-launcher/{_LAUNCHER.name}", json.dumps(given)]
        self.namespace.apply(
            pod(
                name,
                container["image"],
                [*launched, self._root, self._outputs_uri(name), "--", *command],
                environment={**stores, "KFP_POD_NAME": name, "KFP_RUN": self.run},
                labels={"pipeline/runid": self.run, "task": task} | extras["podMetadata"]["labels"],
                owner=self.owner,
                scratch=_SCRATCH,
                config_maps={"/kfp-launcher": "launcher"},
            )
        )
        return name

    def finish(self, task: str, name: str, seconds: float = 900.0) -> None:
        """Waits for the pod of ``task`` and reads its outputs.

        Raises:
            AssertionError: the pod failed; contains its log.
        """
        phase = self.namespace.wait_for_pod(name, seconds)
        assert phase == "Succeeded", f"{task}: {phase}\n{self.namespace.kubectl('logs', name)}"
        done = json.loads(open_storage(self._root).read(f"{name}/outputs.json"))
        kinds = self._component(task)[0].get("outputDefinitions", {}).get("parameters", {})
        for parameter, value in done["parameters"].items():
            convert = _NUMBERS.get(kinds[parameter]["parameterType"], lambda same: same)
            done["parameters"][parameter] = convert(value)
        self.outputs[task] = done

    def executor_input(self, task: str, component: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the executor input that kfp's driver passes to the step."""
        inputs = self.tasks[task].content.get("inputs", {})
        definitions = component.get("inputDefinitions", {}).get("parameters", {})
        values = {
            name: each["defaultValue"]
            for name, each in definitions.items()
            if "defaultValue" in each
        }
        values |= {name: self._value(each) for name, each in inputs.get("parameters", {}).items()}
        values |= {
            name: {"env": list(_references(self._extras(component)))}
            | dict(self.task_config.get(task, {}))
            for name, each in definitions.items()
            if each["parameterType"] == "TASK_CONFIG"
        }
        artifacts = {
            name: self.outputs[each["taskOutputArtifact"]["producerTask"]]["artifacts"][
                each["taskOutputArtifact"]["outputArtifactKey"]
            ]
            for name, each in inputs.get("artifacts", {}).items()
        }
        return {
            "inputs": {"parameterValues": values, "artifacts": artifacts},
            "outputs": self._expected(task, component.get("outputDefinitions", {})),
        }

    def _value(self, given: Mapping[str, Any]) -> Any:
        """Returns a parameter: a constant, the pipeline's parameter, or another task's output."""
        ((kind, value),) = given.items()
        if kind == "runtimeValue":
            return value["constant"]
        if kind == "taskOutputParameter":
            return self.outputs[value["producerTask"]]["parameters"][value["outputParameterKey"]]
        assert kind == "componentInputParameter", f"{kind}: not known here"
        definition = self.spec["root"]["inputDefinitions"]["parameters"][value]
        return self.parameters.get(value, definition.get("defaultValue"))

    def _expected(self, task: str, definitions: Mapping[str, Any]) -> dict[str, Any]:
        artifacts = {
            name: {
                "artifacts": [
                    {
                        "name": name,
                        "type": each["artifactType"],
                        "uri": join(self._root, task, uuid.uuid4().hex, name),
                        "metadata": {},
                    }
                ]
            }
            for name, each in definitions.get("artifacts", {}).items()
        }
        parameters = {
            name: {"outputFile": f"/tmp/kfp/outputs/{name}"}
            for name in definitions.get("parameters", {})
        }
        return {
            "parameters": parameters,
            "artifacts": artifacts,
            "outputFile": "/tmp/kfp_outputs/output_metadata.json",
        }

    def _component(self, task: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Returns the component of a task and its container."""
        found = self.tasks[task].content
        component = self.spec["components"][found["componentRef"]["name"]]
        executors = self.spec["deploymentSpec"]["executors"]
        container = executors[component["executorLabel"]]["container"]
        extras = self._extras(component)
        for kind, keys in (("task", found), ("container", container), ("extras", extras)):
            assert keys.keys() <= _KNOWN_KEYS[kind], f"{task}: {keys.keys() - _KNOWN_KEYS[kind]}"
        return component, container

    def _extras(self, component: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the Kubernetes settings of the component's pod in the package."""
        executors: Mapping[str, Any] = self.platform["deploymentSpec"]["executors"]
        return dict(executors[component["executorLabel"]])

    @property
    def _root(self) -> str:
        """URI of the run's artifacts."""
        return join(self.store.uri, self.namespace.name, "v2/artifacts", self.run)

    def _outputs_uri(self, name: str) -> str:
        return join(self._root, name, "outputs.json")


def _references(extras: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the variables from Secrets and ConfigMaps, in the form of kfp's driver."""
    kinds = {"secret": "secretKeyRef", "configMap": "configMapKeyRef"}
    for kind, reference in kinds.items():
        for each in extras[f"{kind}AsEnv"]:
            for key in each["keyToEnv"]:
                source = {"name": each[f"{kind}Name"], "key": key[f"{kind}Key"]}
                source["optional"] = each["optional"]
                yield {"name": key["envVar"], "valueFrom": {reference: source}}


def _config_map(name: str, data: Mapping[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
