"""The trial runner that a config selects."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kubenas.errors import SearchFailed, UserError
from kubenas.scheduling.kubernetes.names import Stage
from kubenas.scheduling.local import LocalRunner
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.attempts import send_heartbeats
from kubenas.search.layout import heartbeat_file
from kubenas.steps.setup.context import RunContext
from kubenas.steps.setup.run_info import record_run_info
from kubenas.storage import join
from kubenas.trial import Heartbeat

if TYPE_CHECKING:
    from kubenas.scheduling.kubernetes.environment import ClusterEnvironment

_SEARCH = "search"


@contextmanager
def trial_runner(
    context: RunContext, *, step: str, attempts: int | None = None
) -> Iterator[TrialRunner]:
    """Opens the runner that the config selects and closes it on exit.

    Args:
        context: The search of the attempts.
        step: Step of the attempts, see :class:`kubenas.scheduling.kubernetes.names.Stage`.
        attempts: Number of attempts if it is known; an upper limit for the number of workers.

    Raises:
        UserError: No cluster is configured, or the API server refused a request.
        LeaseHeld: Another process runs a step of this search.
        ApiUnavailable: The API server does not respond.
    """
    config = context.config.runner
    workers = config.workers if attempts is None else max(1, min(config.workers, attempts))
    if config.kind == "local":
        if step == _SEARCH:
            record_run_info(context.output, context.search_id, lambda: None)
        with LocalRunner(workers=workers) as runner:
            yield runner
    else:
        with _cluster_runner(context, step, workers) as runner:
            yield runner


@contextmanager
def _cluster_runner(context: RunContext, step: str, workers: int) -> Iterator[TrialRunner]:
    # Imported here: runs without a cluster do not need the Kubernetes client.
    from kubenas.scheduling.kubernetes.environment import detect_environment

    config, output = context.config.runner, context.output
    heartbeat = Heartbeat(
        uri=join(output.uri, heartbeat_file(context.search_id)), seconds=config.heartbeat_seconds
    )
    stage = Stage(search=context.search_id, output=output.uri, step=step)
    here = detect_environment()
    if step == _SEARCH:
        record_run_info(output, context.search_id, here.current_pod)
    with (
        here.lease(stage, on_lost=_exit_at_once) as epoch,
        send_heartbeats(heartbeat),
        here.runner(config, stage, workers=workers, heartbeat=heartbeat, epoch=epoch) as runner,
        _record_events(here, f"{context.search_id}, step {step}"),
    ):
        yield runner


@contextmanager
def _record_events(here: "ClusterEnvironment", what: str) -> Iterator[None]:
    """Records Kubernetes Events when ``what`` starts and when it ends."""
    here.record_event("SearchOpened", f"{what}: started")
    try:
        yield
    except UserError as error:
        here.record_event("SearchPaused", f"{what}: {error}", warning=True)
        raise
    except SearchFailed as error:
        here.record_event("SearchFailed", f"{what}: {error}", warning=True)
        raise
    here.record_event("SearchClosed", f"{what}: done")


def _exit_at_once(reason: str) -> None:
    """Exits without cleanup, which could interfere with the process that took over the Lease."""
    sys.stderr.write(f"{reason}\n")
    sys.stderr.flush()
    os._exit(1)
