"""Two processes that append to one journal: exactly one of them writes each entry."""

import json
import subprocess
import sys
from pathlib import Path

from kubenas.search.journal.journal import Journal
from kubenas.storage.directory import DirectoryStorage

STEPS = 600
WRITER = """
import json, sys, time
from pathlib import Path
from kubenas.search.journal.journal import AnotherController, Journal
from kubenas.search.journal.records import Opened
from kubenas.storage.directory import DirectoryStorage
root, name, steps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
wrote, lost = [], []
(root / name).touch()
while len(list(root.glob("writer-*"))) < 2:
    time.sleep(0.001)
done = 0
while done < steps:
    journal = Journal(DirectoryStorage(root / "store"), "searches/s")
    done = len(journal.read())
    try:
        while done < steps:
            journal.append(Opened(at=float(done), controller=name))
            done += 1
            wrote.append(done)
    except AnotherController as error:
        lost.append(str(error))
        try:
            journal.append(Opened(at=-1.0, controller=name))
        except AnotherController:
            pass
        else:
            raise SystemExit("went on after it had lost")
print(json.dumps({"wrote": wrote, "lost": lost}))
"""


def test_exactly_one_of_two_processes_writes_each_entry(tmp_path: Path) -> None:
    names = ["writer-a", "writer-b"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name, str(STEPS)], stdout=subprocess.PIPE
        )
        for name in names
    ]
    told = [json.loads(writer.communicate(timeout=120)[0]) for writer in writers]
    records = Journal(DirectoryStorage(tmp_path / "store"), "searches/s").read()
    authors = {
        sequence: name for name, said in zip(names, told, strict=True) for sequence in said["wrote"]
    }
    assert sum(len(said["wrote"]) for said in told) == STEPS, "no step has two authors"
    assert authors == {n: record.controller for n, record in enumerate(records, start=1)}
    losses = [line for said in told for line in said["lost"]]
    assert losses, "they never met"
    assert all("another process runs this search" in line for line in losses)
