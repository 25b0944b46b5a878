"""Kills two writers of one journal at random moments, and checks the journal afterwards.

.venv/bin/python benchmarks/journal_writers.py OUTPUT --kills 1000
"""

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from kubenas.search.journal.journal import AnotherController, Journal
from kubenas.search.journal.records import Ended, Opened, Proposed, Record, Started
from kubenas.search.journal.state import SearchState, advance, fold
from kubenas.storage import open_storage

_SEARCH = "searches/killed"
_LONGEST_SECONDS = {"gs": 1.0, "s3": 3.0}
"""Maximum seconds between two kills, by scheme. A writer must have the time to read the journal and
to append some records. moto's server takes five milliseconds for each of up to 512 entries that are
not in a segment."""

_LONGEST_SECONDS_HERE = 0.25


def kill_writers(uri: str, *, kills: int, seed: int = 1) -> str:
    """Kills writers ``kills`` times. Returns a description of the result."""
    chance = random.Random(seed)
    longest = _LONGEST_SECONDS.get(uri.partition("://")[0], _LONGEST_SECONDS_HERE)
    open_storage(
        uri
    )  # imports libraries without a request: forked writers must share no connection
    with tempfile.TemporaryDirectory() as folder:
        acknowledgements = Path(folder)
        writers = [_start(uri, acknowledgements) for _ in range(2)]
        try:
            for _ in range(kills):
                time.sleep(chance.uniform(0.0, longest))
                place = chance.randrange(2)
                _kill(writers[place])
                writers[place] = _start(uri, acknowledgements)
        finally:
            for writer in writers:
                writer.kill()
                writer.join()
        return _check(uri, acknowledgements, kills)


def _start(uri: str, acknowledgements: Path) -> multiprocessing.Process:
    """Forks a writer, which starts immediately and opens its own store."""
    writer = multiprocessing.get_context("fork").Process(
        target=_write, args=(uri, acknowledgements)
    )
    writer.start()
    return writer


def _kill(writer: multiprocessing.Process) -> None:
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join()
    if writer.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"a writer ended before it was killed: exit code {writer.exitcode}")


def _write(uri: str, acknowledgements: Path) -> None:
    """Continues the search until killed. Reopens the journal whenever the other writer has it."""
    with (acknowledgements / f"{os.getpid()}-{time.monotonic_ns()}").open(
        "a", buffering=1
    ) as acknowledged:
        while True:
            journal = Journal(open_storage(uri), _SEARCH)
            records = journal.read()
            state, number = fold(records), len(records)
            try:
                record: Record = Opened(at=time.time(), controller=str(os.getpid()))
                while True:
                    journal.append(record)
                    state, number = advance(state, record), number + 1
                    acknowledged.write(f"{number} {record.kind} {record.at!r}\n")
                    record = _next(state)
            except AnotherController:
                acknowledged.write("lost\n")


def _next(state: SearchState) -> Record:
    """Returns the next record of the search."""
    last = len(state.trials) - 1
    trial = state.trials.get(last)
    if trial is None or trial.end is not None:
        values = {"x": last + 1}
        return Proposed(at=time.time(), trial=last + 1, values=values, oracle_trial=str(last + 1))
    if not trial.started:
        return Started(at=time.time(), trial=last, attempt=1)
    return Ended(at=time.time(), trial=last, attempt=1, outcome="completed", score=0.5)


def _check(uri: str, acknowledgements: Path, kills: int) -> str:
    records = Journal(open_storage(uri), _SEARCH).read()
    fold(records)  # raises for a second end or a missing step
    ends = Counter(record.trial for record in records if isinstance(record, Ended))
    lines = [line for file in acknowledgements.iterdir() for line in file.read_text().splitlines()]
    acknowledged = Counter(line for line in lines if line != "lost")
    found = Counter(f"{n} {record.kind} {record.at!r}" for n, record in enumerate(records, 1))
    lost, doubled = acknowledged - found, [trial for trial, count in ends.items() if count != 1]
    if lost or doubled:
        return f"LOST {list(lost)}, ENDED TWICE {doubled}"
    return (
        f"{kills:,} kills, {len(records):,} records, {len(ends):,} ends,"
        f" {lines.count('lost'):,} times a writer stopped for the other; none lost, none twice"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("--kills", type=int, default=1000)
    arguments = parser.parse_args()
    print(kill_writers(arguments.output, kills=arguments.kills))


if __name__ == "__main__":
    main()
