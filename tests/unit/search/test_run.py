"""A whole search with Keras-Tuner and worker processes that train nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kubenas.config import Config
from kubenas.errors import SearchFailed, UserError
from kubenas.scheduling.local.runner import LocalLimits, LocalRunner
from kubenas.search.controller_lock import controller_lock
from kubenas.search.journal.journal import AnotherController
from kubenas.search.journal.records import Ended
from kubenas.search.layout import space_file
from kubenas.search.run import Journal, read_search, run_search, search_folder, search_id
from kubenas.storage import open_storage
from kubenas.trial import AttemptRef, Outcome, SpaceRef
from tests.unit.search.scripted_runner import Fuse, ScriptedRunner

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

STAND_IN = Path(__file__).parents[2] / "contracts" / "runner" / "stand_in_worker.py"
COMMAND = (sys.executable, "-S", str(STAND_IN))
SPACE = [
    {
        "class_name": "Float",
        "config": {"name": name, "conditions": [], "min_value": 0.0, "max_value": 1.0},
    }
    for name in ("left", "right")
]


def config_in(output: Path, **search: object) -> Config:
    return Config.model_validate(
        {
            "name": "stand-in",
            "output": str(output),
            "data": {"source": "digits"},
            "search": {"oracle": "random", "max_trials": 6, **search},
            "training": {"epochs": 3},
        }
    )


def search(config: Config, *, behave: str = "complete", seconds: float = 0.0, **more: object):
    options = {"space": SPACE, "behave": behave, "seconds": seconds}
    limits = LocalLimits(grace_seconds=1.0)
    with LocalRunner(workers=2, command=COMMAND, limits=limits) as runner:
        return run_search(
            config,
            dataset="nowhere",
            dataset_digest="d",
            space=SpaceRef(name="any", options=options),
            output=open_storage(config.output),
            runner=runner,
            **more,
        )


def id_of(config: Config) -> str:
    return search_id(config, "d", SpaceRef(name="any"))


def ends(config: Config) -> list[int]:
    journal = Journal(open_storage(config.output), search_folder(id_of(config)))
    return [record.trial for record in journal.read() if isinstance(record, Ended)]


def test_a_search_from_the_space_to_the_ranking(tmp_path):
    config = config_in(tmp_path)
    told = []
    run = search(config, on_progress=told.append)
    best = run.state.ranked("max")[0]
    values = best.proposal.values
    assert best.end.score == pytest.approx(values["left"] + values["right"])
    assert len(run.state.ended(Outcome.COMPLETED)) == 6
    assert {progress.activity for progress in told} == {"describe", "search"}
    assert (tmp_path / space_file(run.id)).is_file()
    assert run.definition.versions["keras-tuner"]
    again = read_search(open_storage(str(tmp_path)), run.id)
    assert again == run == search(config)


def test_a_closed_search_stops_leftover_attempts(tmp_path):
    config = config_in(tmp_path)
    over = search(config)
    left = AttemptRef(trial=5, attempt=1)
    runner = ScriptedRunner([], Fuse(None), persistent=True, found=[left])
    again = run_search(
        config,
        dataset="nowhere",
        dataset_digest="d",
        space=over.definition.space,
        output=open_storage(config.output),
        runner=runner,
    )
    assert again.state == over.state
    assert runner.stopped == {left}


def test_reading_a_search_that_does_not_exist(tmp_path):
    with pytest.raises(UserError, match="there is no search 'none' here"):
        read_search(open_storage(str(tmp_path)), "none")


def test_a_space_that_cannot_be_described_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="describe: no such file"):
        search(config_in(tmp_path), behave="misconfigured")


def test_a_space_that_crashes_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="ValueError: a bug"):
        search(config_in(tmp_path), behave="bug")


def test_only_one_controller_at_a_time(tmp_path):
    storage = open_storage(str(tmp_path))
    with (
        controller_lock(storage, "s"),
        pytest.raises(AnotherController, match="another process runs this search"),
        controller_lock(storage, "s", wait_seconds=0.2),
    ):
        pass
    with controller_lock(storage, "s", wait_seconds=0.2):
        pass


def test_the_id_depends_on_the_search_and_not_on_the_runner(tmp_path):
    config = config_in(tmp_path)
    elsewhere = config_in(tmp_path / "b").model_copy(
        update={"runner": config.runner.model_copy(update={"workers": 7})}
    )
    assert id_of(config) == id_of(elsewhere)
    others = {
        id_of(config),
        id_of(config_in(tmp_path, generation=2)),
        id_of(config_in(tmp_path, seed=2)),
        search_id(config, "e", SpaceRef(name="any")),
        search_id(config, "d", SpaceRef(hypermodel="store/1234/my.py:Mine")),
    }
    assert len(others) == 5


def test_a_search_without_a_completed_trial_has_failed(tmp_path):
    config = config_in(tmp_path, max_trials=3)
    storage = open_storage(str(tmp_path))
    search(config.model_copy(update={"search": config.search.model_copy(update={"seed": 9})}))
    described = space_file(id_of(config))
    storage.write(described, next(tmp_path.glob("searches/*/space.json")).read_bytes())
    for _ in range(2):
        with pytest.raises(SearchFailed, match=r"none of 3 trials completed, mostly by nan"):
            search(config, behave="nan")


STEP = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from search.test_run import config_in, search
search(config_in(Path(sys.argv[2]), max_trials=20), seconds=0.4)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_step_that_is_killed_leaves_no_process_and_is_resumed(tmp_path, number):
    config = config_in(tmp_path, max_trials=20)
    arguments = [str(Path(__file__).parents[1]), str(tmp_path)]
    step = subprocess.Popen([sys.executable, "-c", STEP, *arguments], stderr=subprocess.PIPE)
    until = time.monotonic() + 120
    while len(ends(config)) < 3:
        assert time.monotonic() < until
        assert step.poll() is None
        time.sleep(0.05)
    step.send_signal(number)
    stderr = step.communicate(timeout=30)[1].decode()
    before = ends(config)
    assert 3 <= len(before) < 20
    assert ("Interrupted: search: stopped" in stderr) == (number == signal.SIGTERM)
    until = time.monotonic() + 30
    while workers_of(step.pid):
        assert time.monotonic() < until
        time.sleep(0.2)
    run = search(config, seconds=0.4)
    assert sorted(ends(config)) == list(range(20))
    assert ends(config)[: len(before)] == before
    assert len(run.state.ended(Outcome.COMPLETED)) == 20


def workers_of(parent: int) -> list[int]:
    """Returns the stand-in workers of ``parent`` that are still running."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
                status = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if str(STAND_IN).encode() in command and int(status[1]) in (1, parent):
                found.append(int(entry.name))
    return found
