"""Kills a real run with SIGKILL at random moments and resumes it with the same command, then
checks that nothing was lost and nothing was done twice. Bounded in time; exits 1 if it was not so.

    .venv/bin/python -m tests.chaos.kill_and_resume --kills 20 --seed 1
    .venv/bin/python -m tests.chaos.kill_and_resume --kills 5 --inside --store gs
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kubenas.search.journal import Journal
from kubenas.search.layout import attempt_folder, search_folder
from kubenas.search.records import AttemptLost, Ended, Opened, Proposed, Record, Started
from kubenas.search.run import read_search
from kubenas.search.state import fold
from kubenas.steps.status import read_status
from kubenas.storage import Storage, open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server, moto_server

WORKER = f"{sys.executable}\0-m\0kubenas.training.worker"


@dataclass(frozen=True)
class Run:
    """What is run: a config and the URI of its output."""

    file: Path
    output: str

    @property
    def storage(self) -> Storage:
        return open_storage(self.output)


@contextmanager
def output_in(store: str, folder: Path) -> Iterator[str]:
    """The URI of an output in a directory, or in a bucket on a server of its own."""
    os.environ["KUBENAS_CACHE"] = str(folder / "cache")
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


def write_config(what: Run, *, trials: int, generation: int, eta: int | None) -> None:
    content = {
        "name": "chaos",
        "output": what.output,
        "data": {"source": "digits"},
        "search": {
            "oracle": "random",
            "max_trials": trials,
            "generation": generation,
            "rungs": {"eta": eta},
        },
        "training": {"epochs": 6, "patience": 0},
        "retrain": {"candidates": 1, "seeds": 2},
    }
    what.file.write_text(json.dumps(content))


def start(what: Run) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("kubenas")
    return subprocess.Popen(
        [command, "run", what.file],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def kill_runs(
    what: Run,
    *,
    kills: int,
    trials: int,
    longest: float,
    inside: bool,
    chance: random.Random,
    eta: int | None,
) -> None:
    """Starts and kills. What gets through before it is killed is searched anew.

    With ``inside`` the clock of a kill starts once the run has begun trials, and only a kill
    that finds it still searching counts.
    """
    killed, generation = 0, 1
    while killed < kills:
        before = openings_with_trials(what.storage) if inside else 0
        run = start(what)
        if inside:
            wait_for_trials(run, what.storage, before)
        moment = chance.uniform(0.3, longest)
        try:
            _, said = run.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            counts = not inside or searching(what)
            killed += counts
            number = f"kill {killed:2}" if counts else "not counted"
            print(f"{number}: after {moment:5.1f} s, {progress(what)}", flush=True)
            continue
        if run.returncode != 0:
            raise SystemExit(f"a run failed with exit code {run.returncode}: {said.decode()}")
        generation += 1
        print(f"through before {moment:.1f} s; generation {generation} begins", flush=True)
        write_config(what, trials=trials, generation=generation, eta=eta)


def openings_with_trials(storage: Storage) -> int:
    """How often a controller opened a search and began an attempt in it."""
    count = 0
    for search in searches(storage):
        opened = False
        for record in Journal(storage, search_folder(search)).read():
            count += opened and isinstance(record, Started)
            opened = isinstance(record, Opened) or (opened and not isinstance(record, Started))
    return count


def wait_for_trials(run: subprocess.Popen[bytes], storage: Storage, before: int) -> None:
    until = time.monotonic() + 240
    while run.poll() is None and openings_with_trials(storage) == before:
        if time.monotonic() > until:
            raise SystemExit("no trial began in four minutes")
        time.sleep(0.5)


def searches(storage: Storage) -> list[str]:
    return sorted({info.name.split("/")[1] for info in storage.list("searches/")})


def kill_a_worker(what: Run) -> bool:
    """Lets it run until a trial has trained an epoch, then kills that trial's process."""
    run = start(what)
    until = time.monotonic() + 120
    killed = False
    while run.poll() is None and time.monotonic() < until and not killed:
        time.sleep(0.2)
        if training(what) and (alive := list(workers())):
            os.kill(alive[-1], signal.SIGKILL)
            killed = True
            print(f"killed worker {alive[-1]} of {len(alive)}, {progress(what)}", flush=True)
    if run.poll() is None:
        time.sleep(15)
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    return killed


def workers() -> Iterator[int]:
    """Trial processes of this program's runs, by the cache that they were given."""
    cache = f"KUBENAS_CACHE={os.environ['KUBENAS_CACHE']}\0"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words, environment = (entry / "cmdline").read_text(), entry / "environ"
                if WORKER in words and cache in environment.read_text():
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue


def training(what: Run) -> bool:
    status = read_status(what.storage)
    running = status.progress.get("running", ()) if status and status.step == "search" else ()
    return any(attempt["epoch"] for attempt in running)


def searching(what: Run) -> bool:
    status = read_status(what.storage)
    return status is not None and status.step == "search"


def progress(what: Run) -> str:
    status = read_status(what.storage)
    if status is None:
        return "nothing written yet"
    counts = f" {status.progress['done']} done" if status.progress else ""
    return f"in {status.step}{counts}"


def finish(what: Run) -> str:
    """Runs to the end; what it said if it failed."""
    run = start(what)
    _, said = run.communicate(timeout=900)
    return "" if run.returncode == 0 else said.decode()


def problems(storage: Storage, search: str, *, trials: int) -> Iterator[str]:
    """All that is not as it must be in one search."""
    records = Journal(storage, search_folder(search)).read()
    ends = Counter(record.trial for record in records if isinstance(record, Ended))
    if set(ends) != set(range(trials)) or set(ends.values()) != {1}:
        yield f"trials did not end exactly once each: {dict(ends)}"
    if fold(records) != read_search(storage, search).state:
        yield "two replays of the journal differ"
    yield from problems_of_promotions(records, storage, search)
    for record in records:
        if isinstance(record, Started) and record.attempt > 1:
            before = f"{attempt_folder(search, record.trial, record.attempt - 1)}/result.json"
            if storage.exists(before) and json.loads(storage.read(before))["failure"] is None:
                yield f"trial {record.trial} was trained again although {before} was there"


def problems_of_promotions(records: list[Record], storage: Storage, search: str) -> Iterator[str]:
    """Where a network was promoted twice, before it had ended, or did not go on where it was."""
    ended: set[int] = set()
    parents: list[int] = []
    for record in records:
        if isinstance(record, Ended):
            ended.add(record.trial)
        if not isinstance(record, Proposed) or record.parent is None:
            continue
        if record.parent not in ended or record.parent in parents:
            yield f"trial {record.parent} was promoted twice or too early"
        parents.append(record.parent)
        spec = f"{attempt_folder(search, record.trial, 1)}/spec.json"
        if storage.exists(spec) and json.loads(storage.read(spec))["resume_from"] is None:
            yield f"trial {record.trial} began anew instead of going on from {record.parent}"
    if parents:
        print(f"{search}: {len(parents)} promotions")


def problems_at_the_end(storage: Storage, *, trials: int, lost_a_worker: bool) -> Iterator[str]:
    """All that is not as it must be, whichever search it was in."""
    summary = json.loads(storage.read("summary.json"))
    if sum(summary["trials"].values()) != trials:
        yield f"the summary counts {summary['trials']}"
    lost = 0
    for search in searches(storage):
        records = Journal(storage, search_folder(search)).read()
        lost += sum(isinstance(record, AttemptLost) for record in records)
        print(f"{search}: {table(records)}")
        yield from problems(storage, search, trials=trials)
    if lost_a_worker and not lost:
        yield "the killed worker's attempt was not noticed"
    if left := list(workers()):
        yield f"processes were left running: {left}"


def table(records: list[Record]) -> str:
    counts = Counter(type(record).__name__ for record in records)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--longest", type=float, default=30.0, help="seconds before a kill")
    parser.add_argument("--inside", action="store_true", help="kill only while trials run")
    parser.add_argument("--store", choices=["directory", "gs", "s3"], default="directory")
    parser.add_argument("--eta", type=int, help="of rungs; without, there are none")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        output_in(arguments.store, Path(folder)) as output,
    ):
        return killed_and_resumed(Run(Path(folder) / "search.yaml", output), arguments)


def killed_and_resumed(what: Run, arguments: argparse.Namespace) -> int:
    write_config(what, trials=arguments.trials, generation=1, eta=arguments.eta)
    lost_a_worker = kill_a_worker(what)
    kill_runs(
        what,
        kills=arguments.kills,
        trials=arguments.trials,
        longest=arguments.longest,
        inside=arguments.inside,
        chance=random.Random(arguments.seed),
        eta=arguments.eta,
    )
    if said := finish(what):
        print(f"did not finish: {said}")
        return 1
    found = list(
        problems_at_the_end(what.storage, trials=arguments.trials, lost_a_worker=lost_a_worker)
    )
    print("\n".join(found) or "every trial ended once, none was trained again")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
