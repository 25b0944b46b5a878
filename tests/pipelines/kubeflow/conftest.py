"""Fixtures: a Kubeflow Pipelines server on this machine and the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from kubenas.cli.kubeflow.schedule import execution
from kubenas.cli.main import kubenas
from tests.contracts.storage.servers import BUCKET, fake_gcs_server
from tests.pipelines.kubeflow.server import KubeflowPipelines

Kubenas = Callable[..., Result]
REGISTRY = "registry.example/team"


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBENAS_REGISTRY", REGISTRY)
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # no waiting for credentials that are not here
    monkeypatch.setattr(execution, "SETTLE_SECONDS", 0.0)


@pytest.fixture
def pipelines() -> KubeflowPipelines:
    return KubeflowPipelines()


@pytest.fixture
def host(pipelines: KubeflowPipelines) -> Iterator[str]:
    with pipelines.serving() as url:
        yield url


@pytest.fixture
def run(host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kubenas:
    """Calls the command line with the server's address."""
    for name in ("KF_PIPELINES_TOKEN", "KF_PIPELINES_ENDPOINT", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("kfp.Client._LOCAL_KFP_CONTEXT", str(tmp_path / "context.json"))

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(kubenas, [*map(str, arguments), *elsewhere(arguments, host)])

    return call


def elsewhere(arguments: tuple[str | Path, ...], host: str) -> list[str]:
    return [] if "--host" in arguments else ["--host", host]


def write_yaml(path: Path, content: Any) -> Path:
    path.write_text(yaml.safe_dump(content))
    return path


def change(file: Path, **keys: object) -> None:
    content = {**yaml.safe_load(file.read_text()), **keys}
    write_yaml(file, {key: value for key, value in content.items() if value is not None})


def state(pipelines: KubeflowPipelines) -> list[tuple[str, str]]:
    return [
        (each["mode"], each["trigger"]["cron_schedule"]["cron"]) for each in pipelines.recurring
    ]


@pytest.fixture
def search_yaml(tmp_path: Path) -> Path:
    content = {
        "name": "fashion",
        "output": "gs://bucket/fashion",
        "data": {"source": "gs://bucket/fashion.npz"},
        "search": {"max_trials": 8},
    }
    return write_yaml(tmp_path / "search.yaml", content)


@pytest.fixture
def schedule_yaml(search_yaml: Path) -> Path:
    content = {"name": "weekly", "search": search_yaml.name, "cron": "0 3 * * mon"}
    return write_yaml(search_yaml.with_name("weekly.yaml"), content)


def answer(result: Result) -> dict[str, Any]:
    """Returns the JSON output of a command."""
    content: dict[str, Any] = json.loads(result.stdout)
    return content


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with fake_gcs_server() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        yield f"gs://{BUCKET}"
