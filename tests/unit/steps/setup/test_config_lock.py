"""The config lock of an output."""

from pathlib import Path
from typing import Any

import pytest

from kubenas.config import Config
from kubenas.config.loading import parse_config
from kubenas.errors import UserError
from kubenas.steps.setup.config_lock import check_config_lock, lock_config, read_config_lock
from kubenas.storage import open_storage


def config(**sections: Any) -> Config:
    content = {"name": "n", "output": "o", "data": {"source": "digits"}, **sections}
    return parse_config(content, origin="test")


def test_lock_accepts_another_runner_or_generation(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path))
    assert not check_config_lock(config(), output)
    lock_config(config(), output)
    assert check_config_lock(config(runner={"workers": 9}, search={"generation": 2}), output)
    assert read_config_lock(output) == config()


def test_lock_stores_the_latest_values_outside_of_the_identity(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path))
    lock_config(config(), output)
    latest = config(retention={"searches": 1, "checkpoints": "all"})
    lock_config(latest, output)
    assert read_config_lock(output) == latest


def test_the_task_of_the_data_may_be_named_or_left_open(tmp_path: Path) -> None:
    """Locks of versions that classified only images name it."""
    output = open_storage(str(tmp_path))
    lock_config(config(data={"source": "digits", "task": "image-classification"}), output)
    lock_config(config(), output)
    assert read_config_lock(output) == config()


def test_another_config_is_refused_with_the_differences(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path))
    lock_config(config(), output)
    with pytest.raises(UserError, match=r"search\.seed was 1, now 2\); give another 'output'"):
        lock_config(config(search={"seed": 2}), output)
    assert read_config_lock(output) == config()


def test_missing_or_unreadable_lock_is_an_error(tmp_path: Path) -> None:
    output = open_storage(str(tmp_path))
    with pytest.raises(UserError, match="no run of kubenas"):
        read_config_lock(output)
    output.write("config.json", b"{}")
    with pytest.raises(UserError, match="can read"):
        read_config_lock(output)
