import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubenas.scheduling.local.runner import LocalLimits, LocalRunner
from kubenas.scheduling.runner import TrialRunner
from kubenas.trial import AttemptSpec, SpaceRef, Task

STAND_IN = Path(__file__).with_name("stand_in_worker.py")
COMMAND = (sys.executable, "-S", str(STAND_IN))
LIMITS = LocalLimits(attempts_per_worker=4, grace_seconds=2.0, startup_seconds=20.0)

MakeRunner = Callable[..., TrialRunner]


@pytest.fixture
def make_runner(tmp_path: Path) -> Iterator[MakeRunner]:
    """Returns a factory of local runners. Closes the runners after the test."""
    made: list[TrialRunner] = []

    def make(workers: int = 2, *arguments: str, limits: LocalLimits = LIMITS) -> TrialRunner:
        command = (*COMMAND, *arguments)
        logs = tmp_path / "logs"
        made.append(LocalRunner(workers=workers, log_folder=logs, command=command, limits=limits))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def make_spec(tmp_path: Path) -> Callable[..., AttemptSpec]:
    def make(behave: str = "complete", *, trial: int = 0, **changes: object) -> AttemptSpec:
        spec = AttemptSpec(
            task=Task.EVALUATE,
            search="s",
            trial=trial,
            attempt=1,
            prefix=str(tmp_path / "trials" / f"{trial:05d}" / "a1"),
            space=SpaceRef(name="any", options={"behave": behave}),
            dataset="nowhere",
        )
        return spec.model_copy(update=changes)

    return make
