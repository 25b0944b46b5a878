"""The config's runner."""

from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.config import RunnerConfig
from kubenas.scheduling.local import LocalRunner
from kubenas.scheduling.runner import TrialRunner


@contextmanager
def trial_runner(config: RunnerConfig, *, attempts: int | None = None) -> Iterator[TrialRunner]:
    """The runner that ``config`` names, closed at the end.

    Args:
        config: which, and how many workers.
        attempts: attempts that there will be, where that is known: no more workers than that.
    """
    workers = config.workers if attempts is None else max(1, min(config.workers, attempts))
    runner = LocalRunner(workers=workers)
    try:
        yield runner
    finally:
        runner.close()
