"""The config's runner."""

from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.runner_config import RunnerConfig
from kubenas.scheduling.kubernetes_names import Stage
from kubenas.scheduling.local import LocalRunner
from kubenas.scheduling.runner import TrialRunner
from kubenas.steps.context import RunContext


@contextmanager
def trial_runner(
    context: RunContext, *, step: str, attempts: int | None = None
) -> Iterator[TrialRunner]:
    """The runner that the config names, closed at the end.

    Args:
        context: the search that the attempts belong to.
        step: the step that they belong to: search, retrain, evaluate or export.
        attempts: attempts that there will be, where that is known: no more workers than that.

    Raises:
        UserError: trials cannot run there: no cluster is configured, or it refuses.
        ApiAway: the cluster does not answer.
    """
    config = context.config.runner
    workers = config.workers if attempts is None else max(1, min(config.workers, attempts))
    stage = Stage(search=context.search_id, output=context.output.uri, step=step)
    runner = _runner(config, stage, workers)
    try:
        yield runner
    finally:
        runner.close()


def _runner(config: RunnerConfig, stage: Stage, workers: int) -> TrialRunner:
    if config.kind == "local":
        return LocalRunner(workers=workers)
    # Who has no cluster does not wait for its client.
    from kubenas.scheduling.kubernetes_surroundings import stage_runner

    return stage_runner(config, stage, workers=workers)
