"""Measures the load of a search with many parallel trials on its controller and the API server.

The API server, the Job controller and the scheduler are real. The nodes are simulated by kwok: pods
take places and end after a fixed time without running anything, and this program writes their
results. In the middle of the search the controller is killed (SIGKILL) and restarted. The nodes
must have the label type=kwok and the taint kwok.x-k8s.io/node=fake:NoSchedule.

    KUBECONFIG=... .venv/bin/python benchmarks/scaling/scale.py --trials 1000 --in-flight 100
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras_tuner
from cluster import Jobs, Trials, kubeconfig, namespace, observer

from kubenas.config import Config
from kubenas.search.journal.journal import Journal
from kubenas.search.journal.records import Ended, Started
from kubenas.search.journal.state import fold
from kubenas.search.layout import search_folder, space_file
from kubenas.steps.setup.context import RunContext
from kubenas.trial import SpaceRef


def space() -> bytes:
    hyperparameters = keras_tuner.HyperParameters()
    hyperparameters.Float("x", 0.0, 1.0)
    return json.dumps(hyperparameters.get_config()).encode()


@dataclass
class Controller:
    """One process of the search step."""

    process: subprocess.Popen[str]
    began: float
    rows: list[dict[str, float]] = field(default_factory=list)

    def ended(self) -> float:
        return self.rows[-1]["ended"] if self.rows else 0


def start(context_file: Path, every: int, environment: dict[str, str]) -> Controller:
    program = Path(__file__).with_name("controller.py")
    process = subprocess.Popen(
        [sys.executable, program, context_file, str(every)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    controller = Controller(process, time.time())

    def read() -> None:
        for line in process.stdout or ():
            controller.rows.append(json.loads(line))
            print(".", end="", file=sys.stderr, flush=True)

    threading.Thread(target=read, daemon=True).start()
    return controller


def context_of(output: Path, arguments: argparse.Namespace) -> RunContext:
    toleration = {"key": "kwok.x-k8s.io/node", "operator": "Exists", "effect": "NoSchedule"}
    pod: dict[str, Any] = {
        "image": "none",
        "accelerator": "nvidia.com/gpu",
        "cpu": "100m",
        "memory": "64Mi",
        "shared_memory": "16Mi",
        "node_selector": {"type": "kwok"},
        "tolerations": [toleration],
        "annotations": {"kx.local/run-seconds": str(arguments.seconds)},
    }
    return RunContext(
        config=Config.model_validate(
            {
                "name": "scale",
                "output": str(output),
                "data": {"source": "digits"},
                "search": {"oracle": arguments.oracle, "max_trials": arguments.trials},
                "training": {"epochs": 1},
                "runner": {"kind": "kubernetes", "workers": arguments.in_flight, "pod": pod},
            }
        ),
        dataset=str(output / "data"),
        dataset_digest="0" * 12,
        space=SpaceRef(name="any"),
    )


def measure(arguments: argparse.Namespace) -> None:
    api = observer()
    with tempfile.TemporaryDirectory() as folder, namespace(api) as name:
        context = context_of(Path(folder) / "out", arguments)
        context.output.create(space_file(context.search_id), space())
        kubeconfig(name, Path(folder) / "kubeconfig")
        context_file = Path(folder) / "context.json"
        context_file.write_bytes(context.to_json())
        environment = {**os.environ, "KUBECONFIG": str(Path(folder) / "kubeconfig")}
        trials, jobs = Trials(api, name), Jobs(api, name)
        first = start(context_file, arguments.trials // 10, environment)
        while first.ended() < arguments.trials // 2 and first.process.poll() is None:
            time.sleep(0.2)
        first.process.kill()
        first.process.wait()
        killed = time.time()
        second = start(context_file, arguments.trials // 10, environment)
        assert second.process.wait() == 0
        trials.close()
        jobs.close()
        check(context, arguments.trials)
        report((first, second), killed, jobs, trials, arguments)


def check(context: RunContext, count: int) -> None:
    """Checks that every trial ended once, in its first attempt, despite the kill."""
    records = Journal(context.output, search_folder(context.search_id)).read()
    assert fold(records).closed
    ends = Counter(record.trial for record in records if isinstance(record, Ended))
    starts = Counter(record.trial for record in records if isinstance(record, Started))
    assert ends == starts == Counter(range(count)), (ends - starts, starts - ends)


def refills(made: list[float], free: list[float], absent: tuple[float, float]) -> list[float]:
    """Returns the seconds from each pod's end to the creation of the Job that takes its place.

    Ends and creations are paired in order of time. Pairs that overlap with the interval ``absent``,
    in which there is no controller, are left out.
    """
    begin, end = absent
    pairs = zip(free, made, strict=False)
    return [taken - freed for freed, taken in pairs if taken < begin or freed > end]


def report(
    controllers: tuple[Controller, Controller],
    killed: float,
    jobs: Jobs,
    trials: Trials,
    arguments: argparse.Namespace,
) -> None:
    first, second = controllers
    made, free = sorted(jobs.made.values()), sorted(trials.ended.values())
    again = min(at for at in made if at > killed)
    absent = (killed, again + arguments.seconds)
    waits = refills(made[arguments.in_flight :], free, absent)
    print(
        f"\n{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()},"
        f" {arguments.trials:,} trials of {arguments.seconds} s, {arguments.in_flight} in flight,"
        f" oracle {arguments.oracle}\n\n"
        "| trials ended | seconds | controller MiB | CPU ms a trial | API calls a trial |\n"
        "|---:|---:|---:|---:|---:|"
    )
    for controller in controllers:
        before = controller.rows[0]
        for row in controller.rows[1:]:
            done = row["ended"] - before["ended"]
            print(
                f"| {row['ended']:,.0f} | {row['at'] - first.began:.0f} | {row['mib']:.0f} |"
                f" {1000 * (row['processor'] - before['processor']) / done:.0f} |"
                f" {(row['calls'] - before['calls']) / done:.2f} |"
            )
        if controller is first:
            print(f"| killed and started again | {killed - first.began:.0f} | | | |")
    calls = first.rows[-1]["calls"] + second.rows[-1]["calls"]
    quantiles = statistics.quantiles(waits, n=20)
    print(
        f"\nAPI calls, including watches and both starts: {calls / arguments.trials:.2f} per trial."
        f" Refill: median {quantiles[9]:.2f} s, p95 {quantiles[18]:.2f} s of {len(waits)}."
        f" Restart to the first new trial: {again - killed:.1f} s."
        " Every trial ended once, in its first attempt."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30, help="duration of a trial")
    parser.add_argument("--oracle", default="random")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
