"""Measures the cost of the journal of a long search, and tests its durability under kills.

For each store, the records of all trials are appended and timed, and a new reader replays them.
Then two writers continue the same search. They are killed (SIGKILL) at random moments and
restarted. Every acknowledged record must be in the journal, and no trial may end twice.

    .venv/bin/python benchmarks/journal.py --trials 10000 --kills 1000
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended, Opened, Proposed, Record, Started
from kubenas.search.journal.state import fold
from kubenas.storage import ObjectInfo, Storage, open_storage
from object_servers import NotInstalled, output

SEARCH = "searches/benchmark"
VALUES = {f"layer_{number}/units": 64 * number for number in range(20)}
COLUMNS = [
    "store",
    "records",
    "append p50 ms",
    "append p95 ms",
    "replay s",
    "replay CPU s",
    "fold s",
    "requests of a replay",
    "objects",
    "kB",
    "two writers",
]
METRICS = {"accuracy": 0.75, "loss": 0.5, "val_accuracy": 0.7, "val_loss": 0.625}


class CountingStorage:
    """A store that counts requests and times each create."""

    def __init__(self, inner: Storage) -> None:
        self._inner = inner
        self.requests: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.uri = inner.uri

    def read(self, name: str) -> bytes:
        self.requests["read"] += 1
        return self._inner.read(name)

    def write(self, name: str, data: bytes) -> None:
        self.requests["write"] += 1
        self._inner.write(name, data)

    def create(self, name: str, data: bytes) -> None:
        self.requests["create"] += 1
        started = time.perf_counter()
        self._inner.create(name, data)
        self.seconds.append(time.perf_counter() - started)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        """Counts one request per thousand names, as stores do."""
        for number, info in enumerate(self._inner.list(prefix, after=after)):
            self.requests["list"] += number % 1000 == 0
            yield info


@dataclass(frozen=True)
class Measured:
    store: str
    records: int
    append: list[float]
    replay_seconds: float
    replay_processor_seconds: float
    fold_seconds: float
    requests: Counter[str]
    objects: int
    kilobytes: float
    kills: str


def history(trials: int) -> Iterator[Record]:
    at = 1.7e9
    yield Opened(at=at, controller="benchmark:1")
    for trial in range(trials):
        values = {**VALUES, "rate": 1e-3 + trial}
        yield Proposed(at=at + trial, trial=trial, values=values, oracle_trial=str(trial))
        yield Started(at=at + trial, trial=trial, attempt=1)
        end = {"outcome": "completed", "attempt": 1, "score": 0.7, "epochs": 9, "seconds": 60.0}
        yield Ended(at=at + trial, trial=trial, metrics=METRICS, parameters=123456, **end)


def measure(store: str, *, trials: int, kills: int) -> Measured:
    with output(store) as uri:
        written = CountingStorage(open_storage(uri))
        journal = Journal(written, SEARCH)
        for record in history(trials):
            journal.append(record)
        read = CountingStorage(open_storage(uri))
        started, worked = time.perf_counter(), time.process_time()
        records = Journal(read, SEARCH).read()
        replayed, worked = time.perf_counter(), time.process_time() - worked
        state = fold(records)
        folded = time.perf_counter()
        assert len(state.ended()) == trials
        infos = list(open_storage(uri).list(f"{SEARCH}/"))
    return Measured(
        store=store,
        records=len(records),
        append=written.seconds,
        replay_seconds=replayed - started,
        replay_processor_seconds=worked,
        fold_seconds=folded - replayed,
        requests=read.requests,
        objects=len(infos),
        kilobytes=sum(info.size for info in infos) / 1000,
        kills=kill_writers(store, kills) if kills else "-",
    )


def kill_writers(store: str, kills: int) -> str:
    """Runs journal_writers.py on a new server and in a new process.

    In-memory servers read all objects of a bucket for each list. Forked writers must not share
    connections to the store.
    """
    program = Path(__file__).with_name("journal_writers.py")
    with output(store) as uri:
        command = [sys.executable, program, uri, "--kills", str(kills)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def row(measured: Measured) -> str:
    append = [1000 * seconds for seconds in statistics.quantiles(measured.append, n=20)]
    requests = ", ".join(f"{count} {kind}" for kind, count in sorted(measured.requests.items()))
    cells = [
        measured.store,
        f"{measured.records:,}",
        f"{append[9]:.1f}",
        f"{append[18]:.1f}",
        f"{measured.replay_seconds:.1f}",
        f"{measured.replay_processor_seconds:.1f}",
        f"{measured.fold_seconds:.2f}",
        requests,
        f"{measured.objects:,}",
        f"{measured.kilobytes:,.0f}",
        measured.kills,
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--stores", default="directory,gs,s3")
    arguments = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
        f" {arguments.trials:,} trials, load {os.getloadavg()[0]:.1f}\n"
    )
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}", flush=True)
    for store in arguments.stores.split(","):
        try:
            print(row(measure(store, trials=arguments.trials, kills=arguments.kills)), flush=True)
        except NotInstalled as error:
            print(f"| {store} | {error} |", flush=True)


if __name__ == "__main__":
    main()
