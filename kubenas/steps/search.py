"""Step 2: runs the search until the budget is used."""

import dataclasses
import logging
import time
from collections import Counter
from functools import partial

from kubenas.search.budget import total_cost
from kubenas.search.progress import OnProgress, Progress, describe_done
from kubenas.search.run import SearchRun, read_search, run_search
from kubenas.search.warm_start import Champion
from kubenas.serving.champion import ChampionLog
from kubenas.steps.metrics import SearchCollector, serve_metrics
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.setup import RunContext, resolve_context, trial_runner
from kubenas.storage import Storage
from kubenas.trial import Outcome

_LOG_SECONDS = 30.0
_logger = logging.getLogger(__name__)


def search(context: RunContext) -> SearchRun:
    """Runs or resumes the search of ``context``; returns a finished search unchanged.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output = context.output
    with running_step("search", output, key=context.search_id):
        context = resolve_context(context)
        status = StatusWriter(output, "search", search=context.search_id)
        with (
            serve_metrics(context.config.runner.metrics_port) as collector,
            trial_runner(context, step="search") as runner,
        ):
            return run_search(
                context.config,
                dataset=context.dataset,
                dataset_digest=context.dataset_digest,
                space=context.space,
                output=output,
                runner=runner,
                champion=partial(champion_network, output),
                on_progress=progress_reporter(status, collector),
            )


def champion_network(output: Storage) -> Champion | None:
    """Returns the architecture of the champion; None, with a log message, if there is none.

    Raises:
        UserError: The search of the champion was deleted.
    """
    record = ChampionLog(output).champion()
    if record is None:
        _logger.info("there is no champion whose architecture could be reused: running a search")
        return None
    found = read_search(output, record.model.search)
    values = found.state.trials[record.model.trial].values
    return Champion(search=found.prefix, values=values)


def search_metrics(run: SearchRun) -> dict[str, float]:
    """Returns the metrics that Kubeflow shows, by name."""
    counts = {f"trials_{outcome.value}": len(run.state.ended(outcome)) for outcome in Outcome}
    best = run.state.ranked(run.direction)[0].end
    scores = {} if best is None or best.score is None else {"best_validation_score": best.score}
    cost = total_cost(run.state)
    used = {"gpu_hours": cost.gpu_hours, "cost": cost.money}
    known = {name: amount for name, amount in used.items() if amount}
    return {**scores, **counts, "search_seconds": run.state.active_seconds, **known}


def progress_reporter(status: StatusWriter, collector: SearchCollector | None = None) -> OnProgress:
    """Returns a callback that writes progress to both and, every 30 s, to the log."""
    logged = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal logged
        status.write(progress.activity, dataclasses.asdict(progress))
        if collector is not None:
            collector.update(progress)
        if time.monotonic() - logged >= _LOG_SECONDS:
            logged = time.monotonic()
            _logger.info(format_progress(progress))

    return report


def format_progress(progress: Progress) -> str:
    """Formats ``progress`` as one line."""
    parts = [
        f"{progress.activity}: {describe_done(progress.done, progress.total)}",
        f"{sum(not each.waiting for each in progress.running)} running",
    ]
    waiting = Counter(each.waiting for each in progress.running if each.waiting)
    parts += [f"{count} waiting ({reason})" for reason, count in waiting.most_common()]
    if progress.best_score is not None:
        parts.append(f"best {progress.best_score:.4f} (trial {progress.best_trial})")
    if progress.seconds_left is not None:
        parts.append(f"about {progress.seconds_left:.0f} s left")
    parts += progress.used
    return ", ".join(parts)
