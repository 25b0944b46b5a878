"""Hand-over without a cluster."""

from pathlib import Path

import pytest
import yaml

from kubenas.config.serving import ServingConfig
from kubenas.serving.handoff import hand_over
from kubenas.storage import open_storage
from tests.unit.serving.champions import record


@pytest.fixture(autouse=True)
def _no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))


def test_does_nothing_without_serving(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path / "out"))
    handoff = hand_over(record(), ServingConfig(), name="digits", output=output)
    assert (handoff.state, handoff.accepted, handoff.yaml) == ("none", True, "")
    assert list(output.list()) == []


def test_writes_yaml_without_a_cluster(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path / "out"))
    champion = record(folder=str(tmp_path / "out/export/a1"))
    config = ServingConfig(kind="kserve", name="mine", namespace="team")
    for _ in range(2):
        handoff = hand_over(champion, config, name="digits", output=output)
    file = tmp_path / "out/export/a1/inference_service.yaml"
    assert (handoff.state, handoff.accepted) == ("written", True)
    assert handoff.uri == str(file)
    assert file.read_text() == handoff.yaml
    assert yaml.safe_load(handoff.yaml)["metadata"]["name"] == "mine"
    assert "local folder" in handoff.message
    assert handoff.message.endswith(f"kubectl apply -n team -f {file}")
    assert "\n" not in handoff.message
