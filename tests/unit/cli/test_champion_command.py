"""``kubenas champion show|history|rollback``."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kubenas.cli.main import kubenas
from kubenas.config import Config
from kubenas.serving.champion import ChampionLog
from kubenas.steps.setup.config_lock import lock_config
from kubenas.storage import Storage, open_storage
from tests.unit.serving.champions import record


@pytest.fixture
def output(tmp_path: Path) -> Storage:
    """Two champions, with their models."""
    storage = open_storage(str(tmp_path / "out"))
    config = {"name": "n", "output": storage.uri, "data": {"source": "digits"}}
    lock_config(Config.model_validate(config), storage)
    for number in (1, 2):
        champion = record(number, f"{storage.uri}/searches/s{number}/export/a1")
        model = champion.model.model_copy(update={"search": f"s{number}"})
        replaced = number - 1 or None
        storage.write(f"searches/s{number}/export/a1/saved_model/1/saved_model.pb", b"model")
        ChampionLog(storage).append(
            champion.model_copy(update={"model": model, "replaced": replaced})
        )
    return storage


def asked(output: Storage, *words: str, fails: bool = False) -> Any:
    verb, *options = words
    done = CliRunner().invoke(kubenas, ["champion", verb, output.uri, *options, "--json"])
    assert done.exit_code == (2 if fails else 0), done.output
    return json.loads(done.stdout)


def test_show_prints_the_last_and_history_lists_all(output: Storage) -> None:
    assert asked(output, "show")["champion"]["number"] == 2
    assert [each["number"] for each in asked(output, "history")["history"]] == [1, 2]
    shown = CliRunner().invoke(kubenas, ["champion", "show", output.uri]).output
    assert "from        search s2, trial 7" in shown


def test_rollback_appends_a_record_of_the_earlier_model(output: Storage) -> None:
    told = asked(output, "rollback", "--why", "complaints")
    champion = ChampionLog(output).champion()
    assert champion is not None
    assert told["champion"] == champion.model_dump(mode="json")
    assert (champion.number, champion.restored, champion.why) == (3, 1, "complaints")
    assert told["serving"]["state"] == "none"
    lines = CliRunner().invoke(kubenas, ["champion", "history", output.uri]).output.splitlines()
    assert "rolled-back  s1 trial 7 (record 1)" in lines[-1]


def test_rollback_to_a_deleted_model_fails(output: Storage) -> None:
    output.delete("searches/s1/export/a1/saved_model/1/saved_model.pb")
    error = asked(output, "rollback", fails=True)["error"]
    assert "the model of record 1 is gone; name another one with --to" in error
    assert len(ChampionLog(output).history()) == 2


def test_output_without_a_champion_fails(tmp_path: Path) -> None:
    empty = open_storage(str(tmp_path / "empty"))
    config = {"name": "n", "output": empty.uri, "data": {"source": "digits"}}
    lock_config(Config.model_validate(config), empty)
    assert "no model has been promoted" in asked(empty, "show", fails=True)["error"]
    assert "nothing to roll back" in asked(empty, "rollback", fails=True)["error"]
