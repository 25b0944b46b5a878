"""Runs Keras-Tuner's own tests of oracles and tuners with kubenas' oracles.

The tests come from a checkout of https://github.com/keras-team/keras-tuner and run against the
installed Keras-Tuner. They need the package portpicker.

    .venv/bin/python benchmarks/keras_tuner_suite.py CHECKOUT [--oracle NAME] [--keyword WORDS]

Prints one line per test: passed, failed with the reason, or skipped with the reason.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

FILES = (
    "engine/oracle_test.py",
    "engine/base_tuner_test.py",
    "engine/tuner_test.py",
    "tuners/randomsearch_test.py",
    "tuners/bayesian_test.py",
    "tuners/gridsearch_test.py",
    "tuners/hyperband_test.py",
    "tuners/sklearn_tuner_test.py",
    "distribute/oracle_chief_test.py",
    "distribute/oracle_client_test.py",
)
OURS = {
    "randomsearch.RandomSearchOracle": "random",
    "gridsearch.GridSearchOracle": "grid",
    "bayesian.BayesianOptimizationOracle": "auto",
}
"""Keras-Tuner's oracles, with the oracle of kubenas that replaces each of them."""

SKIPPED = {
    "test_new_hp": "a grid combines only hyperparameters that were declared together; ours"
    " combine all, as in Keras-Tuner's random search",
    "test_exhaust_trials_in_between_before_the_latter_finishes": "an exhausted grid waits for"
    " running trials; ours stop, as in Keras-Tuner's random search",
    "test_scipy_not_install_error": "scipy is a required dependency of kubenas",
    "test_sklearn_not_install_error": "our oracles do not use scikit-learn",
    "test_reloading_error_message": "another oracle's state lacks a key; ours have the same keys",
}
"""Skipped tests with the reasons."""

_CHOSEN = "KUBENAS_SUITE_ORACLE"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--oracle", default="", help="oracle that replaces all but the grid")
    parser.add_argument("--keyword", default="", help="select tests, as pytest's -k")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = arguments.checkout / "keras_tuner"
        for file in (*FILES, "test_utils/mock_distribute.py"):
            Path(folder, Path(file).name).write_text(adapt_imports((source / file).read_text()))
        path = [str(Path(__file__).parent), folder, os.environ.get("PYTHONPATH", "")]
        options = ["-q", "--no-header", "--tb=short", "--show-capture=no", "-W", "ignore"]
        options += ["-p", "keras_tuner_suite", "-c", os.devnull, "--rootdir", folder]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *options, "-k", arguments.keyword, folder],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), _CHOSEN: arguments.oracle},
            cwd=folder,
            check=False,
        )
    sys.exit(run.returncode)


def adapt_imports(test: str) -> str:
    """Returns a test's source with module names of an installed Keras-Tuner."""
    test = test.replace(
        "from keras_tuner.test_utils import mock_distribute", "import mock_distribute"
    )
    test = re.sub(
        r"^import keras_tuner$", "import keras_tuner.src as keras_tuner", test, flags=re.M
    )
    test = re.sub(r"^( *)from keras_tuner\b", r"\1from keras_tuner.src", test, flags=re.M)
    test = test.replace('"keras_tuner.distribute.', '"keras_tuner.src.distribute.')
    return test.replace("oracle_module.Oracle)", "keras_tuner.Oracle)")


def pytest_configure() -> None:
    """Replaces Keras-Tuner's oracles by ours."""
    import keras_tuner.src
    from keras_tuner import oracles
    from keras_tuner.src import tuners

    chosen = os.environ[_CHOSEN]
    keras_tuner.src.Oracle = make_replacement(chosen or "random", max_trials=None)
    for place, name in OURS.items():
        module, kind = place.split(".")
        grid = name == "grid"
        made = make_replacement(name if grid else chosen or name, max_trials=None if grid else 10)
        for holder in (getattr(tuners, module), oracles, keras_tuner.src.oracles):
            setattr(holder, kind, made)
    tuners.hyperband.HyperbandOracle = hyperband


def make_replacement(name: str, *, max_trials: int | None) -> type:
    """Returns a class of our oracle that accepts the arguments of Keras-Tuner's."""
    import importlib

    from kubenas.search.oracles.catalog import find_oracle

    module, kind = find_oracle(name).implementation
    base = getattr(importlib.import_module(module), kind)

    def init(
        self: Any, objective: Any = None, max_trials: int | None = max_trials, **more: Any
    ) -> None:
        for own in ("num_initial_points", "alpha", "beta"):
            more.pop(own, None)
        base.__init__(self, objective, max_trials, **more)

    return type(kind, (base,), {"__init__": init})


def hyperband(objective: Any = None, hyperparameters: Any = None, **options: Any) -> Any:
    """Returns Keras-Tuner's Hyperband, as created by ``create_oracle``."""
    import keras_tuner

    from kubenas.search import create_oracle

    space = hyperparameters or keras_tuner.HyperParameters()
    return create_oracle("hyperband", space, objective, **options)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name in SKIPPED:
            item.add_marker(pytest.mark.skip(reason=SKIPPED[item.name]))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints the results."""
    lines = []
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call" or outcome != "passed":
                lines.append((report.nodeid, outcome, _reason(report)))
    for nodeid, outcome, reason in sorted(lines):
        terminalreporter.write_line(f"{outcome:8}{nodeid}  {reason}".rstrip())


def _reason(report: Any) -> str:
    if report.skipped:
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    if report.failed:
        return report.longreprtext.strip().splitlines()[-1]
    return ""


if __name__ == "__main__":
    main()
