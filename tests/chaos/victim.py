"""A real run that is to be killed: its config, its output, its processes, and how far it is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kubenas.steps.process.outcome import STEPS
from kubenas.steps.process.status import Status, read_status
from kubenas.storage import Storage, open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server, moto_server

_WORKER = f"{sys.executable}\0-m\0kubenas.training.worker"
_SEARCH = STEPS.index("search")


@dataclass(frozen=True)
class Victim:
    """What is run: a config, the URI of its output and how many trials it makes."""

    file: Path
    output: str
    trials: int

    @property
    def storage(self) -> Storage:
        return open_storage(self.output)

    def write_config(self, *, eta: int | None) -> None:
        content = {
            "name": "chaos",
            "output": self.output,
            "data": {"source": "digits"},
            "search": {"oracle": "random", "max_trials": self.trials, "rungs": {"eta": eta}},
            "training": {"epochs": 6, "patience": 0},
            "retrain": {"candidates": 1, "seeds": 2},
        }
        self.file.write_text(json.dumps(content))

    def start(self) -> subprocess.Popen[bytes]:
        command = Path(sys.executable).with_name("kubenas")
        return subprocess.Popen(
            [command, "run", self.file],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    @property
    def length(self) -> int:
        """Places that a run passes: its steps, and the search's once for each trial."""
        return len(STEPS) + self.trials

    def place(self, *, since: float) -> int | None:
        """Where the run is, counted from 0; None if it has not said so since that Unix time."""
        status = self._status()
        if status is None or status.at < since:
            return None
        step = STEPS.index(status.step)
        if step == _SEARCH:
            return step + self._ended(status)
        return step if step < _SEARCH else step + self.trials

    def progress(self) -> str:
        """The same in words."""
        status = self._status()
        if status is None:
            return "nothing written yet"
        if status.step == STEPS[_SEARCH]:
            return f"in search, {self._ended(status)} of {self.trials} trials ended"
        return f"in {status.step}"

    def trains(self) -> bool:
        """Whether a trial of the search has trained an epoch and goes on."""
        status = self._status()
        progress = status.progress if status and status.step == "search" else {}
        return any(attempt["epoch"] for attempt in progress.get("running", ()))

    def _status(self) -> Status | None:
        return read_status(self.storage)

    @staticmethod
    def _ended(status: Status) -> int:
        progress = status.progress
        return int(progress["done"]) if progress and progress["activity"] != "describe" else 0


@contextmanager
def output_in(store: str, folder: Path) -> Iterator[str]:
    """The URI of an output in a directory, or in a bucket on a server of its own.

    Caches are in ``folder``: nothing is shared with other runs of this machine.
    """
    os.environ |= {
        "XDG_CACHE_HOME": str(folder / "cache"),
        "KUBENAS_CACHE": str(folder / "cache/objects"),
    }
    if store == "gs":
        with fake_gcs_server() as url:
            os.environ["STORAGE_EMULATOR_HOST"] = url
            yield f"gs://{BUCKET}/out"
    elif store == "s3":
        with moto_server() as url:
            os.environ |= {
                "AWS_ENDPOINT_URL_S3": url,
                "AWS_ACCESS_KEY_ID": "chaos",
                "AWS_SECRET_ACCESS_KEY": "chaos",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
            yield f"s3://{BUCKET}/out"
    else:
        yield str(folder / "out")


def workers() -> Iterator[int]:
    """Trial processes of this program's runs, by the cache that they were given."""
    cache = f"KUBENAS_CACHE={os.environ['KUBENAS_CACHE']}\0"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words, environment = (entry / "cmdline").read_text(), entry / "environ"
                if _WORKER in words and cache in environment.read_text():
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
