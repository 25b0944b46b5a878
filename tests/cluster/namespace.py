"""A separate namespace of the cluster for a test."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.images import Images, run

CHART = Path(__file__).parents[2] / "helm/kubenas"
CONTROLLER = "kubenas-controller"
TRIAL = "kubenas-trial"
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Namespace:
    """A namespace that enforces Pod Security ``restricted``."""

    name: str
    images: Images

    def kubectl(self, *arguments: str) -> str:
        """Runs kubectl in the namespace and returns its stdout."""
        return run("kubectl", "--namespace", self.name, *arguments)

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Creates or updates objects."""
        items = {"apiVersion": "v1", "kind": "List", "items": manifests}
        run("kubectl", "--namespace", self.name, "apply", "-f", "-", stdin=json.dumps(items))

    def get(self, kind: str, *arguments: str) -> Any:
        """Returns the named object or, without a name, the list of objects of its kind."""
        answer = json.loads(self.kubectl("get", kind, *arguments, "--output", "json"))
        return answer["items"] if answer["kind"].endswith("List") else answer

    def install_chart(self, **values: Any) -> None:
        """Installs or upgrades the chart; ``__`` in the names of ``values`` stands for a dot."""
        settings = [
            word
            for name, value in values.items()
            for word in ("--set-json", f"{name.replace('__', '.')}={json.dumps(value)}")
        ]
        command = ("helm", "upgrade", "--install", "--reuse-values", "kubenas", str(CHART))
        run(*command, "--namespace", self.name, *settings)

    def run_pod(self, name: str, *command: str, **spec: Any) -> str:
        """Runs a pod of the controller's image until it succeeds and returns its log.

        Args:
            name: name of the pod.
            command: command with arguments.
            spec: see :func:`pod`.
        """
        self.apply(pod(name, self.images.controller, command, **spec))
        phase = self.wait_for_pod(name)
        log = self.kubectl("logs", name)
        assert phase == "Succeeded", f"{phase}: {log}"
        return log

    def wait_for_pod(self, name: str, seconds: float = 180.0) -> str:
        """Waits for the end of the pod and returns its phase."""
        until = time.monotonic() + seconds
        while True:
            status = self.get("pod", name)["status"]
            if status["phase"] in _ENDED:
                return str(status["phase"])
            assert time.monotonic() < until, f"{name} has not ended: {self.kubectl('logs', name)}"
            time.sleep(0.5)

    def kubeconfig(self, account: str, folder: Path) -> Path:
        """Writes a kubeconfig to ``folder`` with the rights of one of this namespace's accounts."""
        token = self.kubectl("create", "token", account).strip()
        config = json.loads(
            run("kubectl", "config", "view", "--raw", "--flatten", "--minify", "-ojson")
        )
        config["users"] = [{"name": account, "user": {"token": token}}]
        config["contexts"][0]["context"] |= {"user": account, "namespace": self.name}
        file = folder / f"{account}.kubeconfig"
        file.write_text(json.dumps(config), encoding="utf-8")
        return file

    def describe(self) -> str:
        """Returns the objects and events of the namespace, for failed tests."""
        events = self.kubectl("get", "events", "--sort-by=.metadata.creationTimestamp")
        return f"{self.kubectl('get', 'jobs,pods', '--output=wide')}\n{events}"


@contextmanager
def fresh_namespace(images: Images, prefix: str = "kubenas-test") -> Iterator[Namespace]:
    """Creates a namespace and deletes it with all its objects."""
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    run("kubectl", "create", "namespace", name)
    try:
        run("kubectl", "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        yield Namespace(name, images)
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=false")


def pod(
    name: str,
    image: str,
    command: Sequence[str],
    *,
    account: str = CONTROLLER,
    environment: Mapping[str, str | Mapping[str, Any]] | None = None,
    labels: Mapping[str, str] | None = None,
    owner: Mapping[str, Any] | None = None,
    scratch: Sequence[str] = ("/tmp",),
    config_maps: Mapping[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """Returns a pod that ``restricted`` admits, with a read-only root file system.

    Args:
        name: name of the pod.
        image: image of its only container.
        command: command with arguments.
        account: service account.
        environment: variables: a value, or an object for valueFrom.
        labels: labels of the pod.
        owner: ownerReference of the pod.
        scratch: writable folders.
        config_maps: names of ConfigMaps by mount path.
        spec: further fields of the pod's spec.
    """
    folders = {path: {"emptyDir": {}} for path in scratch} | {
        path: {"configMap": {"name": each}} for path, each in (config_maps or {}).items()
    }
    volumes = {path: path.strip("/").replace("/", "-") for path in folders}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": dict(labels or {}),
            "ownerReferences": [dict(owner)] if owner else [],
        },
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": account,
            "terminationGracePeriodSeconds": 5,
            "securityContext": {
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_container(image, command, environment or {}, volumes)],
            "volumes": [{"name": volumes[path], **each} for path, each in folders.items()],
            **spec,
        },
    }


def _container(
    image: str,
    command: Sequence[str],
    environment: Mapping[str, str | Mapping[str, Any]],
    volumes: Mapping[str, str],
) -> dict[str, Any]:
    """Returns the pod's only container; ``volumes`` by their mount path."""
    return {
        "name": "main",
        "image": image,
        "command": list(command),
        "env": [
            {"name": key, "value" if isinstance(value, str) else "valueFrom": value}
            for key, value in environment.items()
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": each, "mountPath": path} for path, each in volumes.items()],
    }
