"""Runs of algorithms on tables in several processes. An interrupted benchmark can be resumed."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from searching.results import Results
from searching.searchers.algorithms import ALGORITHMS
from searching.simulation import Conditions, Run, simulate
from searching.tables.catalogue import load_table

_BLOCK = 10
_PRINT_EVERY_SECONDS = 30.0


@dataclass(frozen=True)
class Job:
    conditions: Conditions
    algorithm: str
    seed: int
    tables: Path


def missing_jobs(
    conditions: Sequence[Conditions],
    algorithms: Sequence[str],
    results: Results,
    tables: Path,
    seeds: tuple[int, int],
) -> list[Job]:
    """Returns the missing jobs, ordered so that all algorithms progress evenly.

    ``seeds`` are the numbers of seeds of fast and of slow algorithms.
    """
    jobs = []
    for condition in conditions:
        table = load_table(condition.table, tables, condition.infeasible)
        for algorithm in (ALGORITHMS[name] for name in algorithms):
            if algorithm.suits(table):
                done = results.seeds(condition, algorithm.name, algorithm.version)
                wanted = range(seeds[algorithm.slow])
                jobs += [Job(condition, algorithm.name, s, tables) for s in wanted if s not in done]
    return sorted(jobs, key=_priority)


def _priority(job: Job) -> int:
    """Orders fast algorithms by blocks of seeds, slow ones by single seeds."""
    return job.seed if ALGORITHMS[job.algorithm].slow else job.seed // _BLOCK


def run_jobs(jobs: Sequence[Job], results: Results, processes: int) -> None:
    """Runs ``jobs`` and stores each result immediately."""
    printed, begun = time.monotonic(), time.monotonic()
    for count, (job, run) in enumerate(_runs(jobs, processes), 1):
        version = ALGORITHMS[job.algorithm].version
        results.add(job.conditions, job.algorithm, version, job.seed, run)
        if time.monotonic() - printed > _PRINT_EVERY_SECONDS or count == len(jobs):
            printed = time.monotonic()
            print(f"{count} of {len(jobs)} runs after {printed - begun:.0f} s", flush=True)


def _runs(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, Run]]:
    # Each process uses one core: BLAS threads would compete with the other processes.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=_end_with_parent) as pool:
        yield from pool.imap_unordered(run_job, jobs)


def _end_with_parent() -> None:
    """Ends a worker when the main process dies."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_job(job: Job) -> tuple[Job, Run]:
    """Runs one search until its budget is spent."""
    condition = job.conditions
    table = load_table(condition.table, job.tables, condition.infeasible)
    searcher = ALGORITHMS[job.algorithm].make(table, condition, job.seed)
    return job, simulate(searcher, table, condition, job.seed)


def make_conditions(
    tables: Iterable[str],
    in_flight: Iterable[int],
    *,
    noisy: bool,
    infeasible: float,
    budget: int,
    even: bool = False,
) -> list[Conditions]:
    """Returns the conditions for each table and each number of trainings in flight."""
    flights = list(in_flight)
    return [
        Conditions(table, flight, noisy, infeasible, budget, even)
        for table in tables
        for flight in flights
    ]
