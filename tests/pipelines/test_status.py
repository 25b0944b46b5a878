"""``kubenas status`` between two searches on one output."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from kubenas.config.loading import parse_config
from kubenas.steps.process.outcome import STEPS, running_step
from kubenas.steps.process.status import StatusWriter
from kubenas.steps.setup.config_lock import lock_config
from kubenas.storage import Storage, open_storage


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    storage = open_storage(str(tmp_path))
    content = {"name": "n", "output": str(tmp_path), "data": {"source": "digits"}}
    lock_config(parse_config(content, origin="test"), storage)
    for step in STEPS:
        with running_step(step, storage, key="first"):
            StatusWriter(storage, step, search="first")
    return storage


def state(output: Storage) -> str:
    shown = CliRunner().invoke(kubenas, ["status", output.uri, "--json"])
    assert shown.exit_code == 0, shown.output
    return str(json.loads(shown.stdout)["state"])


def test_a_finished_search_is_done(output: Storage) -> None:
    assert state(output) == "done"


def test_a_new_search_on_a_finished_output_is_running(output: Storage) -> None:
    StatusWriter(output, "search", search="second")
    assert state(output) == "running"
