"""Runs Keras-Tuner's published guides unchanged, and with kubenas.Tuner instead of its tuners.

GUIDES is the folder guides/keras_tuner of a checkout of https://github.com/keras-team/keras-io.
Only the line that creates a tuner is changed. DATA is an .npz with x, of shape (n, 28, 28), and y,
integers from 0 to 9. Its first examples replace MNIST.

    .venv/bin/python benchmarks/keras_tuner_guides.py GUIDES DATA [--guide NAME]
        [--runner '{"kind": "kubernetes", ...}' --output s3://BUCKET/FOLDER]

For each tuner of each guide, this prints the hyperparameters and the number of trials per status,
for both. The exit code is 1 if a guide ends differently than with Keras-Tuner, or if a
hyperparameter is missing.
"""

import argparse
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

GUIDES = (
    "getting_started",
    "custom_tuner",
    "tailor_the_search_space",
    "failed_trials",
    "visualize_tuning",
)
ORACLES = {
    "RandomSearch": "random",
    "BayesianOptimization": "bayesian",
    "GridSearch": "grid",
}
"""Keras-Tuner's tuners, with the oracle that replaces each of them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guides", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--guide", choices=GUIDES, action="append")
    parser.add_argument("--runner", type=json.loads, help="JSON, as runner= of kubenas.Tuner")
    parser.add_argument("--output", help="output URI in a bucket, for searches on a cluster")
    parser.add_argument(
        "--examples",
        type=int,
        default=14_000,
        help="number of examples; a seventh is the test split",
    )
    parser.add_argument("--alone", action="store_true", help="run the guides with kubenas only")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.record:
        record(options)
        return
    sound = [compare_guide(name, options) for name in options.guide or GUIDES]
    sys.exit(not all(sound))


def compare_guide(name: str, options: argparse.Namespace) -> bool:
    """Runs a guide both ways and prints the differences. Returns whether both agree."""
    guide = (options.guides / f"{name}.py").read_text()
    ours = run_guide(with_kubenas(guide, options), name, options)
    theirs = ours if options.alone else run_guide(guide, name, options)
    print(f"{name}: Keras-Tuner {theirs['ended']}; kubenas {ours['ended']}")
    sound = theirs["ended"] == ours["ended"] and len(theirs["tuners"]) == len(ours["tuners"])
    for their, our in zip(theirs["tuners"], ours["tuners"], strict=False):
        lacking = [each for each in their["space"] if each not in our["space"]]
        more = [each for each in our["space"] if each not in their["space"]]
        print(f"  {names(our['space'])}: trials {their['trials']}; {our['trials']}")
        if more:
            print(f"    only with kubenas: {names(more)}")
        if lacking:
            print(f"    MISSING: {json.dumps(lacking)}")
        sound = sound and not lacking
    return sound


def names(space: list[dict[str, Any]]) -> str:
    return ", ".join(each["config"]["name"] for each in space) or "no hyperparameters"


def with_kubenas(guide: str, options: argparse.Namespace) -> str:
    """Returns the guide with the lines that create tuners changed."""
    numbers = iter(range(100))

    def replace_call(found: re.Match[str]) -> str:
        kind, given = found["kind"], {}
        if kind in ORACLES:
            given["oracle"] = ORACLES[kind]
        if kind == "GridSearch":
            given["max_trials"] = 20  # Keras-Tuner's continues to the end of the grid
        if options.runner:
            given |= {"runner": options.runner, "output": f"{options.output}/tuner-{next(numbers)}"}
        made = "kubenas.Tuner" if kind in ORACLES else kind
        return f"tuner = functools.partial({made}, **{given!r})("

    code = re.sub(r"tuner = (?:keras_tuner\.|kt\.)?(?P<kind>\w+)\(", replace_call, guide)
    code = re.sub(r"\((?:keras_tuner|kt)\.(?:RandomSearch|Tuner)\):", "(kubenas.Tuner):", code)
    return f"import functools\nimport kubenas\n{code}"


def run_guide(code: str, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Runs a script. Returns its tuners and how it ended. Its output goes to stderr."""
    with tempfile.TemporaryDirectory() as folder:
        script, report = Path(folder, f"{name}.py"), Path(folder, "record.json")
        script.write_text(code.replace("/tmp/", f"{folder}/"))
        this = str(Path(__file__).resolve())
        command = [sys.executable, this, str(script), str(options.data.resolve())]
        command += ["--record", str(report), "--examples", str(options.examples)]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
        return dict(json.loads(report.read_text()))


def record(options: argparse.Namespace) -> None:
    """Runs a guide in this process and writes the final state of its tuners."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    from keras_tuner.engine.base_tuner import BaseTuner

    count, last = options.examples, options.examples * 6 // 7
    with np.load(options.data) as arrays:
        x, y = arrays["x"][:count], arrays["y"][:count]
    train, test = (x[:last], y[:last]), (x[last:], y[last:])
    keras.datasets.mnist.load_data = lambda: (train, test)
    tuners: list[Any] = []
    make = BaseTuner.__init__

    def recording_init(self: Any, *args: Any, **kwargs: Any) -> None:
        tuners.append(self)
        make(self, *args, **kwargs)

    BaseTuner.__init__ = recording_init
    try:
        runpy.run_path(str(options.guides), run_name="__main__")
        ended = "well"
    except Exception as error:  # noqa: BLE001  # the exception is the result
        ended = f"with {type(error).__name__}"
        print(f"{ended}: {error}", file=sys.stderr)
    recorded = [
        {
            "space": tuner.oracle.get_space().get_config()["space"],
            "trials": dict(Counter(each.status for each in tuner.oracle.trials.values())),
        }
        for tuner in tuners
    ]
    options.record.write_text(json.dumps({"ended": ended, "tuners": recorded}))


if __name__ == "__main__":
    main()
