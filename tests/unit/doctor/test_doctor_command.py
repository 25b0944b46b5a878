"""``kubenas doctor`` and ``kubenas gc`` with a real object store, and with invalid settings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from kubenas.config import Config
from kubenas.steps.setup.config_lock import lock_config
from kubenas.storage import open_storage
from tests.contracts.storage.servers import BUCKET, moto_server

UNREACHABLE = {
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {"token": "t"}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "x",
}


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in (
        ("AWS_ENDPOINT_URL_S3", server),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/out"


def doctor(tmp_path: Path, **config: Any) -> tuple[int, dict[str, str], set[str]]:
    """Returns the exit code, the messages by subject, and the subjects with problems."""
    file = tmp_path / "search.yaml"
    minimal = {"name": "n", "output": "out", "data": {"source": "digits"}}
    file.write_text(json.dumps(minimal | config))
    done = CliRunner().invoke(kubenas, ["doctor", str(file), "--json"])
    answer = json.loads(done.stdout)
    said = {each["subject"]: each["says"] for each in answer["findings"]}
    assert not [words for words in said.values() if "\n" in words]
    return done.exit_code, said, {f["subject"] for f in answer["findings"] if not f["ok"]}


def test_no_problems_with_a_directory(tmp_path: Path) -> None:
    code, said, problems = doctor(tmp_path, runner={"workers": 1})
    assert (code, problems) == (0, set())
    assert said["cluster"] == "no cluster configured"
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_no_problems_with_a_bucket(tmp_path: Path, bucket: str) -> None:
    code, said, problems = doctor(tmp_path, output=bucket, runner={"workers": 1})
    assert (code, problems) == (0, set())
    assert "writable, with conditional writes" in said["output"]
    assert "the store" in said["clock"]
    assert "GiB free there" in said["cache"]
    assert not list(open_storage(bucket).list())


def test_handover_of_a_champion(tmp_path: Path, bucket: str) -> None:
    serving = {"kind": "kserve"}
    code, said, problems = doctor(tmp_path, output=bucket, serving=serving)
    assert (code, problems) == (0, set())
    assert said["serving"].endswith("written as YAML: no cluster is configured here")
    assert "local folder" in doctor(tmp_path, serving=serving)[1]["serving"]


def test_each_mistake_is_a_separate_problem(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubeconfig").write_text(json.dumps(UNREACHABLE))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    code, said, problems = doctor(
        tmp_path,
        output="s3://no-such-bucket/out",
        data={"source": f"{bucket}/nothing.npz"},
        search={"oracle": "delphic"},
        runner={"workers": 1000},
    )
    assert code == 2
    assert problems == {"config", "data", "output", "memory", "cluster"}
    assert "no bucket 'no-such-bucket'" in said["output"]
    assert "does not answer" in said["cluster"]


def test_invalid_config_is_the_only_problem(tmp_path: Path) -> None:
    code, said, problems = doctor(tmp_path, naem="x")
    assert (code, problems) == (2, {"config"})
    assert "did you mean 'name'" in said["config"]


def test_kubernetes_runner_needs_a_cluster(tmp_path: Path) -> None:
    code, said, problems = doctor(tmp_path, runner={"kind": "kubernetes", "workers": 1})
    assert (code, problems) == (2, {"reach", "cluster"})
    assert said["reach"].endswith("set 'output' to a gs://, s3:// or minio:// URI")
    assert said["cluster"].endswith("set KUBECONFIG or runner.kind: local")


def test_gc_deletes_in_a_bucket_and_local_scratch_files(tmp_path: Path, bucket: str) -> None:
    storage = open_storage(f"{bucket}/gc")
    config = {"name": "n", "output": storage.uri, "data": {"source": "digits"}}
    lock_config(Config.model_validate(config), storage)
    storage.write("searches/half/journal/00000002.json", b"{}")
    assert CliRunner().invoke(kubenas, ["gc", storage.uri]).exit_code == 0
    (folder,) = (tmp_path / "xdg/kubenas/runs").iterdir()
    left = folder / "pipeline/artifacts/run/x"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    done = CliRunner().invoke(kubenas, ["gc", storage.uri, "--yes", "--json"])
    assert set(json.loads(done.stdout)["reasons"]) == {
        "half-deleted searches",
        "scratch files of the pipeline",
    }
    assert [info.name for info in storage.list()] == ["config.json"]
    assert not left.exists()
