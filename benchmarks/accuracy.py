"""Compares what a user gets for equal CPU seconds: kubenas, a plain residual network, Keras-Tuner.

Each contestant gets the same training examples and runs as one process tree, with the whole machine
to itself. Its model is then evaluated on the same test examples, which it never sees. kubenas runs
with default settings and a time limit. The plain network is the residual network that an engineer
writes by hand, with shifts and flips and a cosine schedule. Keras-Tuner searches the model of its
guide with Bayesian optimisation and retrains the best.

    .venv/bin/python benchmarks/accuracy.py --data cifar10.npz --cpu-seconds 900 --seeds 3 \
        --folder runs

A folder keeps the runs and their results: the same command again goes on with those that lack. Use
another folder for other data or code.

The .npz has x_train, y_train, x_test and y_test, or x and y (one sixth is held out for the test).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kubenas.training.evaluation import wilson_interval

SCRIPT = Path(__file__).with_name("accuracy_contestants.py")
CONTESTANTS = ("kubenas", "residual", "keras_tuner")
_MOST_EXAMPLES = 12_000


@dataclass(frozen=True)
class Measured:
    contestant: str
    accuracy: float
    """On the test examples."""
    examples: int
    parameters: int
    latency_ms: float
    cpu_seconds: float
    """Of the whole process tree."""
    seconds: float


def main() -> None:
    arguments = parse()
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        data = Path(arguments.data)
        folder = Path(arguments.folder or name) / f"{data.stem}-{arguments.cpu_seconds}"
        write_splits(data, folder)
        for seed in range(1, arguments.seeds + 1):
            for contestant in arguments.contestants:
                measured.append(run(contestant, folder, seed, arguments.cpu_seconds))
                print(f"seed {seed}: {measured[-1]}", flush=True)
    print(f"\n{Path(arguments.data).name}, {arguments.cpu_seconds} CPU seconds\n")
    print("| | test accuracy | 95 % interval | weights | latency (ms) | CPU s |")
    print("|---|---:|---:|---:|---:|---:|")
    for contestant in arguments.contestants:
        print(row(contestant, [each for each in measured if each.contestant == contestant]))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True)
    parser.add_argument("--cpu-seconds", type=int, default=900)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", help="where the runs are kept")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    return parser.parse_args()


def write_splits(data: Path, folder: Path) -> None:
    """Writes train.npz and test.npz, each with x and y, to ``folder``."""
    with np.load(data) as arrays:
        if "x_train" in arrays:
            parts = {part: (arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")}
        else:
            order = np.random.default_rng(0).permutation(len(arrays["y"]))[:_MOST_EXAMPLES]
            images, labels = arrays["x"][order], arrays["y"][order]
            held_out = len(order) // 6
            parts = {
                "train": (images[held_out:], labels[held_out:]),
                "test": (images[:held_out], labels[:held_out]),
            }
    folder.mkdir(parents=True, exist_ok=True)
    for part, (images, labels) in parts.items():
        np.savez(folder / f"{part}.npz", x=images, y=labels.ravel())


def run(contestant: str, data: Path, seed: int, cpu_seconds: int) -> Measured:
    """Runs one contestant and evaluates its model, or returns the result of an earlier run."""
    place = data / f"{contestant}-{seed}"
    kept = place / "measured.json"
    if kept.exists():
        return Measured(**json.loads(kept.read_text()))
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    command = [sys.executable, str(SCRIPT), contestant, str(place), str(seed), str(cpu_seconds)]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=(place / "log").open("w"), stderr=subprocess.STDOUT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if status:
        raise SystemExit(f"{contestant}: failed:\n{(place / 'log').read_text()[-3000:]}")
    evaluated = subprocess.run(
        [sys.executable, str(SCRIPT), "evaluate", str(place)],
        check=True,
        capture_output=True,
        text=True,
    )
    result = json.loads(evaluated.stdout.splitlines()[-1])
    cpu = usage.ru_utime + usage.ru_stime
    measured = Measured(contestant, **result, cpu_seconds=cpu, seconds=seconds)
    kept.write_text(json.dumps(asdict(measured)))
    return measured


def row(contestant: str, runs: list[Measured]) -> str:
    """One line of the table: means over the seeds, and the interval of all their answers."""
    accuracy = statistics.fmean(each.accuracy for each in runs)
    examples = sum(each.examples for each in runs)
    interval = wilson_interval(round(accuracy * examples), examples)
    cells = [
        contestant,
        f"{accuracy:.1%}",
        f"{interval.low:.1%} to {interval.high:.1%}",
        f"{statistics.fmean(each.parameters for each in runs):,.0f}",
        f"{statistics.fmean(each.latency_ms for each in runs):.2f}",
        f"{statistics.fmean(each.cpu_seconds for each in runs):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
