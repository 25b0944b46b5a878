"""Fixtures: Kubernetes runners with stand-in workers instead of trials."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubenas.config.runner import PodConfig, RunnerConfig
from kubenas.scheduling.kubernetes.attempt import ClusterLimits
from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.client.connection import connect
from kubenas.scheduling.kubernetes.manifest import JobTemplate
from kubenas.scheduling.kubernetes.names import Stage
from kubenas.scheduling.kubernetes.runner import KubernetesRunner
from kubenas.storage import Storage, join
from kubenas.trial import AttemptSpec, SpaceRef, Task
from tests.cluster.namespace import TRIAL, Namespace
from tests.cluster.object_store import ObjectStore

MakeRunner = Callable[..., KubernetesRunner]
MakeSpec = Callable[..., AttemptSpec]

SEARCH = "stand-in-0123456789"
_FOLDER = "/stand-in"
_SCRIPT = Path(__file__).parents[1] / "contracts/runner/stand_in_worker.py"
_POD: dict[str, Any] = {
    "service_account": TRIAL,
    "cpu": "50m",
    "memory": "512Mi",
    "shared_memory": "16Mi",
    "scratch": "64Mi",
    "volumes": ({"name": "stand-in", "configMap": {"name": "stand-in"}},),
    "mounts": ({"name": "stand-in", "mountPath": _FOLDER},),
}
_GRACE_SECONDS = 15
IMPATIENT = ClusterLimits(bad_image=8, bad_pod=5, stuck=5, explain_after=2, report_after=0.5)


@pytest.fixture
def make_runner(namespace: Namespace, store: ObjectStore, output: Storage) -> Iterator[MakeRunner]:
    """Factory of runners; ``pod`` and ``runner`` are sections of the config."""
    script = {"stand_in_worker.py": _SCRIPT.read_text(encoding="utf-8")}
    metadata = {"name": "stand-in"}
    namespace.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": script})
    made: list[KubernetesRunner] = []

    def make(workers: int = 2, *, pod: Any = (), runner: Any = ()) -> KubernetesRunner:
        config = RunnerConfig(
            kind="kubernetes", pod=PodConfig(**{**_POD, **dict(pod)}), **dict(runner)
        )
        template = JobTemplate(
            config=config,
            stage=Stage(search=SEARCH, output=output.uri, step="search"),
            namespace=namespace.name,
            image=config.pod.image or namespace.images.trainer,
            environment=store.environment,
            command=("python3", f"{_FOLDER}/{_SCRIPT.name}"),
            grace_seconds=_GRACE_SECONDS,
        )
        made.append(KubernetesRunner(Api(connect()), template, workers=workers, limits=IMPATIENT))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def make_spec(output: Storage) -> MakeSpec:
    def make(behave: str = "complete", *, trial: int = 0, **changes: object) -> AttemptSpec:
        spec = AttemptSpec(
            task=Task.EVALUATE,
            search=SEARCH,
            trial=trial,
            attempt=1,
            prefix=join(output.uri, "trials", f"{trial:05d}", "a1"),
            space=SpaceRef(name="any", options={"behave": behave}),
            dataset="nowhere",
        )
        return spec.model_copy(update=changes)

    return make
