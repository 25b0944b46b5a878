"""Compares how many trainings kubenas and its peers need, on published tables.

All algorithms search the same tables under the same conditions. Nothing is trained. Runs are stored
in --results: an interrupted command resumes, and the document contains the runs of all commands.

    .venv/bin/python benchmarks/search.py --tables FOLDER --results runs --in-flight 1,16,64
    .venv/bin/python benchmarks/search.py --tables FOLDER --results runs --in-flight 16 --noisy
    .venv/bin/python benchmarks/search.py --tables FOLDER --results runs --timing
    .venv/bin/python benchmarks/search.py --tables FOLDER --results runs --write docs
"""

import argparse
from collections.abc import Callable, Collection
from pathlib import Path

from searching.document import print_all, write_all
from searching.jobs import make_conditions, missing_jobs, run_jobs
from searching.results import Results
from searching.searchers.algorithms import ALGORITHMS
from searching.tables.arrays import TableNotFound
from searching.tables.catalogue import TABLES
from searching.timing import time_all


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--tables", type=Path, default=Path("tables"), help="folder with the published tables")
    add("--results", type=Path, default=Path("search-runs"), help="folder for stored runs")
    add("--only", type=names(TABLES), default=list(TABLES), metavar="TABLE,...")
    add("--algorithms", type=names(ALGORITHMS), default=list(ALGORITHMS), metavar="NAME,...")
    add("--in-flight", type=numbers, default=[1, 16, 64], metavar="N,...")
    add("--noisy", action="store_true", help="a training returns a random run instead of the mean")
    add("--even", action="store_true", help="all trainings take the same time")
    add("--infeasible", type=float, default=0.0, help="share of infeasible points")
    add("--budget", type=int, default=200, help="in full trainings")
    add("--seeds", type=int, default=50)
    add(
        "--slow-seeds",
        type=int,
        default=5,
        help="seeds of slow algorithms, which take seconds per proposal",
    )
    add("--processes", type=int, default=2)
    add("--timing", action="store_true", help="time proposals after 100 to 10,000 trials")
    add(
        "--write",
        type=Path,
        metavar="DOCS",
        help="write the document of --results, and run nothing",
    )
    return parser.parse_args(arguments)


def names(known: Collection[str]) -> Callable[[str], list[str]]:
    def split(text: str) -> list[str]:
        chosen = [part.strip() for part in text.split(",")]
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"unknown name '{name}'; choose from {', '.join(known)}"
                )
        return chosen

    return split


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    arguments = parse()
    results = Results(arguments.results)
    try:
        if arguments.write:
            write_all(results, arguments.tables, arguments.write)
        elif arguments.timing:
            time_all(arguments.algorithms, arguments.tables, arguments.results)
        else:
            run(arguments, results)
    except TableNotFound as absent:
        raise SystemExit(str(absent)) from None


def run(arguments: argparse.Namespace, results: Results) -> None:
    conditions = make_conditions(
        arguments.only,
        arguments.in_flight,
        noisy=arguments.noisy,
        infeasible=arguments.infeasible,
        budget=arguments.budget,
        even=arguments.even,
    )
    seeds = (arguments.seeds, arguments.slow_seeds)
    jobs = missing_jobs(conditions, arguments.algorithms, results, arguments.tables, seeds)
    run_jobs(jobs, results, arguments.processes)
    print_all(results, arguments.tables, conditions)


if __name__ == "__main__":
    main()
