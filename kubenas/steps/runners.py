"""The config's runner."""

from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.errors import UserError
from kubenas.runner_config import RunnerConfig
from kubenas.scheduling.local import LocalRunner
from kubenas.scheduling.runner import TrialRunner


@contextmanager
def trial_runner(
    config: RunnerConfig, *, search: str, stage: str, attempts: int | None = None
) -> Iterator[TrialRunner]:
    """The runner that ``config`` names, closed at the end.

    Args:
        config: which, and how many workers.
        search: id of the search that the attempts belong to.
        stage: the step that they belong to: search, retrain, evaluate or export.
        attempts: attempts that there will be, where that is known: no more workers than that.

    Raises:
        UserError: there is no such runner here.
    """
    workers = config.workers if attempts is None else max(1, min(config.workers, attempts))
    if config.kind != "local":
        raise UserError(f"runner.kind: no {config.kind} runner for {stage} of {search}; use local")
    runner = LocalRunner(workers=workers)
    try:
        yield runner
    finally:
        runner.close()
