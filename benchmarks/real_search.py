"""Compares kubenas with rungs to Keras-Tuner's Bayesian optimisation, with real trainings.

Both search the same space on the same prepared data for the same time, one after the other, each
with the whole machine. The time includes the start of the process. The network that each chose is
then retrained with the same seeds and evaluated on the test split. kubenas runs two trials at a
time, Keras-Tuner one trial that may use all cores.

    .venv/bin/python benchmarks/real_search.py --source fashion_mnist.npz --seconds 600 --seeds 3
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SCRIPT = Path(__file__).with_name("real_search_contestants.py")
RETRAININGS = 3
GRACE_SECONDS = 60
"""Extra seconds to finish writing. Results in this time do not count."""


@dataclass(frozen=True)
class Measured:
    contestant: str
    trials: int
    best: float
    """Validation accuracy of the best trial."""
    reached: dict[float, float]
    """Seconds until a trial reached each target. Targets that were not reached are missing."""
    test: float
    """Mean test accuracy of the chosen network after retraining."""


def main() -> None:
    arguments = parse()
    with tempfile.TemporaryDirectory() as name:
        source = subset(Path(arguments.source), arguments.examples, Path(name) / "subset.npz")
        measured = [
            compete(contestant, seed, source, Path(name), arguments)
            for seed in range(1, arguments.seeds + 1)
            for contestant in ("kubenas", "keras_tuner")
        ]
    print(json.dumps({key: str(value) for key, value in vars(arguments).items()}))
    targets = arguments.targets
    head = ["", "seeds", "trials", "validation", "test", *(f"s to {each:.0%}" for each in targets)]
    print("| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")
    for contestant in ("kubenas", "keras_tuner"):
        print(row([m for m in measured if m.contestant == contestant], targets))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", required=True, help="an .npz with x and y")
    parser.add_argument("--examples", type=int, default=10_000, help="number of examples to use")
    parser.add_argument("--seconds", type=int, default=600, help="for each search")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--oracle", default="auto")
    parser.add_argument(
        "--targets",
        type=lambda text: [float(part) for part in text.split(",")],
        default=[0.85, 0.87, 0.89],
        metavar="ACCURACY,...",
        help="validation accuracies to which the time is measured",
    )
    return parser.parse_args()


def subset(source: Path, examples: int, file: Path) -> Path:
    """Writes a fixed random subset of ``source`` to ``file``."""
    with np.load(source) as arrays:
        images, labels = arrays["x"], arrays["y"]
    chosen = np.random.default_rng(0).permutation(len(labels))[:examples]
    np.savez(file, x=images[chosen], y=labels[chosen])
    return file


def compete(
    contestant: str, seed: int, source: Path, folder: Path, arguments: argparse.Namespace
) -> Measured:
    place = folder / f"{contestant}-{seed}"
    place.mkdir()
    context = prepare_context(place, seed, source, arguments)
    command = [sys.executable, str(SCRIPT), contestant, str(context), str(place / "tuner")]
    begun = time.time()
    lines = read_json_lines(
        command, arguments.seconds + (GRACE_SECONDS * (contestant == "kubenas"))
    )
    ended = [
        (line["at"] - begun, line) for line in lines
        if "score" in line and line["at"] - begun <= arguments.seconds
    ]  # fmt: skip
    if not ended:
        raise SystemExit(f"{contestant}: no trial ended within {arguments.seconds} s")
    best = max((line for _, line in ended), key=lambda line: line["score"])
    chosen = next((line["chosen"] for line in lines if "chosen" in line), best["values"])
    reached = {
        target: min(at for at, line in ended if line["score"] >= target)
        for target in arguments.targets
        if best["score"] >= target
    }
    test = retrained_accuracy(chosen, place, seed, source, arguments)
    result = Measured(contestant, len(ended), best["score"], reached, test)
    print(f"seed {seed}: {result}", flush=True)
    return result


def prepare_context(folder: Path, seed: int, source: Path, arguments: argparse.Namespace) -> Path:
    """Prepares the data of a run and returns the file of its context."""
    from kubenas.config.loading import parse_config
    from kubenas.steps.prepare import prepare

    content = {
        "name": "real-search",
        "output": str(folder / "out"),
        "data": {"source": str(source)},
        "search": {
            "oracle": arguments.oracle,
            "max_trials": 1000,
            "max_seconds": arguments.seconds,
            "seed": seed,
            "rungs": {"eta": 3},
        },
        "space": {"name": "layers"},
        "training": {"epochs": arguments.epochs, "patience": 3, "schedule": "none"},
        "runner": {"workers": 2},
    }
    file = folder / "context.json"
    file.write_bytes(prepare(parse_config(content, origin="benchmark")).to_json())
    return file


def read_json_lines(command: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    """Runs a process for at most ``seconds`` and returns the JSON lines that it wrote."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        output.seek(0)
        return [
            json.loads(line) for line in output if line.startswith("{") and line.endswith("}\n")
        ]


def retrained_accuracy(
    values: dict[str, Any], folder: Path, seed: int, source: Path, arguments: argparse.Namespace
) -> float:
    """Returns the mean test accuracy of several retrainings of the network with ``values``."""
    file = folder / "values.json"
    file.write_text(json.dumps(values))
    accuracies = []
    for again in range(RETRAININGS):
        place = folder / f"test-{again}"
        place.mkdir()
        context = prepare_context(place, 1000 * seed + again, source, arguments)
        command = [sys.executable, str(SCRIPT), "retrained", str(context), str(file)]
        (line,) = read_json_lines(command, 3600)
        accuracies.append(line["test_accuracy"])
    return statistics.fmean(accuracies)


def row(measured: Sequence[Measured], targets: Sequence[float]) -> str:
    cells = [
        measured[0].contestant,
        str(len(measured)),
        f"{statistics.fmean(m.trials for m in measured):.0f}",
        f"{statistics.fmean(m.best for m in measured):.4f}",
        f"{statistics.fmean(m.test for m in measured):.4f}",
        *(seconds_to(target, measured) for target in targets),
    ]
    return "| " + " | ".join(cells) + " |"


def seconds_to(target: float, measured: Sequence[Measured]) -> str:
    """Formats the median seconds to ``target`` and the number of searches that reached it."""
    reached = [m.reached[target] for m in measured if target in m.reached]
    if not reached:
        return f"none of {len(measured)}"
    return f"{statistics.median(reached):.0f} ({len(reached)} of {len(measured)})"


if __name__ == "__main__":
    main()
