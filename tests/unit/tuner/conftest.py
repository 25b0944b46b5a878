"""Fixtures that run a test with keras_tuner.Tuner and kubenas.Tuner."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras_tuner
import pytest

import kubenas
from tests.unit.tuner.in_process import InProcessRunner


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> InProcessRunner:
    """The runner of all kubenas.Tuner searches in the test."""
    own = InProcessRunner()

    @contextmanager
    def trial_runner(*_: Any, **__: Any) -> Iterator[InProcessRunner]:
        yield own

    monkeypatch.setattr("kubenas.tuner.session.trial_runner", trial_runner)
    return own


@pytest.fixture(params=["keras_tuner", "kubenas"])
def tuner_class(request: pytest.FixtureRequest, runner: InProcessRunner) -> type:
    """The tuner class under test."""
    return keras_tuner.RandomSearch if request.param == "keras_tuner" else kubenas.Tuner


@pytest.fixture
def make(tuner_class: type, tmp_path: Path) -> Callable[..., Any]:
    """Returns a factory of tuners of this class or a subclass, in the test's folder."""

    def made(hypermodel: Any = None, *, kind: type = tuner_class, **options: Any) -> Any:
        own = {"max_trials": 2, "seed": 1, "directory": tmp_path, "project_name": "p", **options}
        return kind(hypermodel, **own)

    return made
