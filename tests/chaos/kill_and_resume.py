"""Kills a real run with SIGKILL at random moments and resumes it with the same command, then
checks that nothing was lost and nothing was done twice. Bounded in time; exits 1 if it was not so.

    .venv/bin/python tests/chaos/kill_and_resume.py --kills 20 --seed 1
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
from pathlib import Path

from kubenas.search.journal import Journal
from kubenas.search.layout import attempt_folder, search_folder
from kubenas.search.records import AttemptLost, Ended, Proposed, Record, Started
from kubenas.search.run import read_search
from kubenas.search.state import fold
from kubenas.steps.status import read_status
from kubenas.storage import Storage, open_storage

WORKER = f"{sys.executable}\0-m\0kubenas.training.worker"


def write_config(file: Path, *, trials: int, generation: int, eta: int | None) -> None:
    content = {
        "name": "chaos",
        "output": "out",
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
    file.write_text(json.dumps(content))


def start(file: Path) -> subprocess.Popen[bytes]:
    command = Path(sys.executable).with_name("kubenas")
    return subprocess.Popen(
        [command, "run", file],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def kill_runs(
    file: Path,
    *,
    kills: int,
    trials: int,
    longest: float,
    chance: random.Random,
    eta: int | None,
) -> None:
    """Starts and kills. What gets through before it is killed is searched anew."""
    killed, generation = 0, 1
    while killed < kills:
        run = start(file)
        moment = chance.uniform(0.3, longest)
        try:
            run.communicate(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            killed += 1
            print(f"kill {killed:2}: after {moment:5.1f} s, {progress(file)}", flush=True)
            continue
        if run.returncode != 0:
            raise SystemExit(f"a run failed with exit code {run.returncode}")
        generation += 1
        print(f"through before {moment:.1f} s; generation {generation} begins", flush=True)
        write_config(file, trials=trials, generation=generation, eta=eta)


def kill_a_worker(file: Path) -> bool:
    """Lets it run until a trial has trained an epoch, then kills that trial's process."""
    run = start(file)
    until = time.monotonic() + 120
    killed = False
    while run.poll() is None and time.monotonic() < until and not killed:
        time.sleep(0.2)
        if training(file) and (workers := list(processes(WORKER))):
            os.kill(workers[-1], signal.SIGKILL)
            killed = True
            print(f"killed worker {workers[-1]} of {len(workers)}, {progress(file)}", flush=True)
    if run.poll() is None:
        time.sleep(15)
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    return killed


def processes(words: str) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if words in (entry / "cmdline").read_text():
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue


def training(file: Path) -> bool:
    status = read_status(open_storage(str(file.parent / "out")))
    running = status.progress.get("running", ()) if status and status.step == "search" else ()
    return any(attempt["epoch"] for attempt in running)


def progress(file: Path) -> str:
    status = read_status(open_storage(str(file.parent / "out")))
    if status is None:
        return "nothing written yet"
    counts = f" {status.progress['done']} done" if status.progress else ""
    return f"in {status.step}{counts}"


def finish(file: Path) -> str:
    """Runs to the end; what it said if it failed."""
    run = start(file)
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
    searches = {info.name.split("/")[1] for info in storage.list("searches/")}
    lost = 0
    for search in sorted(searches):
        records = Journal(storage, search_folder(search)).read()
        lost += sum(isinstance(record, AttemptLost) for record in records)
        print(f"{search}: {table(records)}")
        yield from problems(storage, search, trials=trials)
    if lost_a_worker and not lost:
        yield "the killed worker's attempt was not noticed"
    if left := list(processes(WORKER)):
        yield f"processes were left running: {left}"


def table(records: list[Record]) -> str:
    counts = Counter(type(record).__name__ for record in records)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--longest", type=float, default=30.0, help="seconds before a kill")
    parser.add_argument("--eta", type=int, help="of rungs; without, there are none")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "search.yaml"
        write_config(file, trials=arguments.trials, generation=1, eta=arguments.eta)
        lost_a_worker = kill_a_worker(file)
        kill_runs(
            file,
            kills=arguments.kills,
            trials=arguments.trials,
            longest=arguments.longest,
            chance=random.Random(arguments.seed),
            eta=arguments.eta,
        )
        if said := finish(file):
            print(f"did not finish: {said}")
            return 1
        storage = open_storage(f"{folder}/out")
        found = list(
            problems_at_the_end(storage, trials=arguments.trials, lost_a_worker=lost_a_worker)
        )
        print("\n".join(found) or "every trial ended once, none was trained again")
        return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
