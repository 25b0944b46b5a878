"""Heartbeat of a search: the object changes as long as the process runs."""

import subprocess
import sys
import time
from pathlib import Path

from kubenas.search.attempts.heartbeat import send_heartbeats
from kubenas.trial import Heartbeat

FOREVER = """
import sys, time
from kubenas.search.attempts.heartbeat import send_heartbeats
from kubenas.trial import Heartbeat
with send_heartbeats(Heartbeat(uri=sys.argv[1], seconds=0.2)):
    print("beats", flush=True)
    time.sleep(600)
"""


def changes_within(file: Path, seconds: float) -> bool:
    before, until = file.read_bytes(), time.monotonic() + seconds
    while time.monotonic() < until:
        if file.read_bytes() != before:
            return True
        time.sleep(0.02)
    return False


def make_folder(file: Path) -> None:
    while True:
        file.unlink(missing_ok=True)
        try:
            return file.mkdir()
        except FileExistsError:
            pass  # a beat came in between


def test_the_first_heartbeat_is_written_at_once_and_the_last_on_exit(tmp_path):
    file = tmp_path / "heartbeat.json"
    with send_heartbeats(Heartbeat(uri=str(file), seconds=0.2)):
        assert file.exists()
        assert changes_within(file, 20)
    assert not changes_within(file, 0.5)


def test_heartbeats_end_with_the_process(tmp_path):
    file = tmp_path / "heartbeat.json"
    process = subprocess.Popen(
        [sys.executable, "-c", FOREVER, str(file)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "beats\n"
        assert changes_within(file, 20)
        process.kill()
    assert not changes_within(file, 0.5)


def test_heartbeats_survive_a_temporary_storage_error(tmp_path):
    folder = tmp_path / "search"
    file = folder / "heartbeat.json"
    with send_heartbeats(Heartbeat(uri=str(file), seconds=0.2)):
        make_folder(file)  # no object can be written there
        time.sleep(0.3)
        file.rmdir()
        until = time.monotonic() + 20
        while not file.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
