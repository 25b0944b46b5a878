"""Kills a real run with SIGKILL, again and again from its first step to its last, and resumes it
with the same command each time; then checks that nothing was lost and nothing was done twice.
Bounded in time; exits 1 if it was not so.

    .venv/bin/python -m tests.chaos.kill_and_resume --kills 20 --seed 1
    .venv/bin/python -m tests.chaos.kill_and_resume --kills 5 --store gs
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.chaos.verdict import problems
from tests.chaos.victim import Victim, output_in, workers

_LOOK_SECONDS = 0.1
_AFTER_SECONDS = 3.0
"""At most so long after a run has come to where it is to be killed."""

_NOTICED_SECONDS = 15.0
_PATIENCE_SECONDS = 600.0


def places(length: int, kills: int, chance: random.Random) -> list[int]:
    """Where to kill: a random place in each of ``kills`` equal stretches of a run, in order."""
    return [int((number + chance.random()) * length / kills) for number in range(kills)]


def kill_at(victim: Victim, place: int, after: float) -> bool:
    """Starts a run and kills it so many seconds after it has come to ``place``.

    Returns:
        False: it had ended before.
    """
    begun, run = time.time(), victim.start()
    try:
        wait_until(lambda: run.poll() is not None or at_least(victim, place, since=begun))
        time.sleep(after)
        return run.poll() is None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        _, said = run.communicate()
        if run.returncode > 0:
            raise SystemExit(f"a run failed with exit code {run.returncode}: {said.decode()}")


def at_least(victim: Victim, place: int, *, since: float) -> bool:
    now = victim.place(since=since)
    return now is not None and now >= place


def kill_a_worker(victim: Victim) -> bool:
    """Lets it run until a trial has trained an epoch, then kills that trial's process, and the run
    once that has been noticed."""
    run = victim.start()
    try:
        wait_until(lambda: run.poll() is not None or victim.trains())
        alive = list(workers())
        if run.poll() is None and alive:
            os.kill(alive[-1], signal.SIGKILL)
            print(f"worker {alive[-1]} of {len(alive)}: {victim.progress()}", flush=True)
            time.sleep(_NOTICED_SECONDS)
        return bool(alive)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.communicate()


def wait_until(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > until:
            raise SystemExit(f"nothing came of {_PATIENCE_SECONDS:.0f} s of waiting")
        time.sleep(_LOOK_SECONDS)


def killed_and_resumed(victim: Victim, *, kills: int, chance: random.Random) -> list[str]:
    """What was wrong in the end."""
    lost_a_worker = kill_a_worker(victim)
    for number, place in enumerate(places(victim.length, kills, chance), 1):
        while not kill_at(victim, place, chance.uniform(0, _AFTER_SECONDS)):
            print("through before it could be killed; once more", flush=True)
        print(f"kill {number:2}: {victim.progress()}", flush=True)
    run = victim.start()
    _, said = run.communicate(timeout=2 * _PATIENCE_SECONDS)
    if run.returncode != 0:
        return [f"did not finish: {said.decode()}"]
    left = [f"a process was left running: {process}" for process in workers()]
    return [*problems(victim.storage, victim.trials, lost_a_worker=lost_a_worker), *left]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--store", choices=["directory", "gs", "s3"], default="directory")
    parser.add_argument("--eta", type=int, help="of rungs; without, there are none")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, output_in(given.store, Path(name)) as output:
        victim = Victim(Path(name) / "search.yaml", output, given.trials)
        victim.write_config(eta=given.eta)
        found = killed_and_resumed(victim, kills=given.kills, chance=random.Random(given.seed))
    print("\n".join(found) or "every trial ended once, nothing was done again")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
