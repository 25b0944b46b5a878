"""Measures the overhead of kubenas on one machine, compared to plain Keras-Tuner.

The same trials (same oracle, seed, values, data, epochs) run three times: in one Keras-Tuner
process that may use all cores, and in kubenas with one and with two workers. Each run is timed from
the start of its process to its end, with imports and the start of workers, over several rounds.

    .venv/bin/python benchmarks/local_overhead.py --source DATA.npz --trials 8 --epochs 3
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

KUBENAS = """
import sys
from kubenas.steps.setup.context import RunContext
from kubenas.steps.search import search
search(RunContext.from_json(open(sys.argv[1], "rb").read()))
"""

PLAIN = """
import json, sys
from pathlib import Path
import keras_tuner
from kubenas.data.loading import load_split
from kubenas.data.dataset.schema import read_schema
from kubenas.search.seeds import derived_seed
from kubenas.spaces.registry import load_hypermodel
from kubenas.steps.setup.context import RunContext
from kubenas.storage import open_storage
context = RunContext.from_json(open(sys.argv[1], "rb").read())
folder, config = Path(context.dataset), context.config
schema = read_schema(open_storage(context.dataset))
tuner = keras_tuner.RandomSearch(
    load_hypermodel(context.space, input_shape=schema.shape, num_classes=len(schema.classes)),
    objective="val_accuracy",
    max_trials=config.search.max_trials,
    seed=derived_seed("oracle", config.search.seed),
    directory=sys.argv[2],
)
batch = config.training.batch_size
tuner.search(
    load_split(folder, "train", batch_size=batch, shuffle_seed=1),
    validation_data=load_split(folder, "validation", batch_size=batch),
    epochs=config.epochs,
    verbose=0,
)
"""


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mib: float
    """Sampled resident memory of all processes together."""


def measure(command: list[str]) -> Measured:
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peaks: list[int] = [0]
    sampler = threading.Thread(target=sample, args=(process, peaks))
    sampler.start()
    _, stderr = process.communicate()
    seconds = time.monotonic() - begun
    sampler.join()
    if process.returncode != 0:
        raise SystemExit(f"failed: {command[:3]}: {stderr.decode()[-2000:]}")
    return Measured(seconds, max(peaks) / 1024)


def sample(process: subprocess.Popen[bytes], peaks: list[int]) -> None:
    while process.poll() is None:
        peaks.append(sum(resident_kib(pid) for pid in tree(process.pid)))
        time.sleep(0.2)


def tree(root: int) -> set[int]:
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def resident_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def prepare_context(folder: Path, arguments: argparse.Namespace, workers: int) -> Path:
    """Prepares the data of a run and returns the file of its context."""
    from kubenas.config.loading import parse_config
    from kubenas.steps.prepare import prepare

    content = {
        "name": f"overhead-{workers}",
        "output": str(folder / "out"),
        "data": {"source": arguments.source},
        "search": {"oracle": "random", "max_trials": arguments.trials},
        "space": {"name": "layers"},
        "training": {"epochs": arguments.epochs, "patience": 0, "schedule": "none"},
        "runner": {"workers": workers},
    }
    context = prepare(parse_config(content, origin="benchmark"))
    file = folder / "context.json"
    file.write_bytes(context.to_json())
    return file


def one_round(arguments: argparse.Namespace) -> dict[str, Measured]:
    results = {}
    with tempfile.TemporaryDirectory() as name:
        for label, workers in {"plain": 0, "1 worker": 1, "2 workers": 2}.items():
            folder = Path(name) / label
            folder.mkdir()
            context = prepare_context(folder, arguments, max(1, workers))
            script = KUBENAS if workers else PLAIN
            command = [sys.executable, "-c", script, str(context), str(folder / "tuner")]
            results[label] = measure(command)
            print(f"  {label:<10}{results[label].seconds:7.1f} s", flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="digits", help="data.source of the trials")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    rounds = []
    for number in range(1, arguments.rounds + 1):
        print(f"round {number} of {arguments.rounds}", flush=True)
        rounds.append(one_round(arguments))
    print(f"\n{os.cpu_count()} cores, {json.dumps(vars(arguments))}")
    print("| | wall s, median | ratio to plain, median (min to max) | peak MiB |")
    print("|---|---:|---:|---:|")
    for label in rounds[0]:
        seconds = statistics.median(each[label].seconds for each in rounds)
        ratios = sorted(each[label].seconds / each["plain"].seconds for each in rounds)
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        peak = max(each[label].peak_mib for each in rounds)
        print(f"| {label} | {seconds:.1f} | {spread} | {peak:.0f} |")


if __name__ == "__main__":
    main()
