"""The config's runner."""

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
from kubenas.steps.setup.origin import record_origin
from kubenas.storage import join
from kubenas.trial import Heartbeat

if TYPE_CHECKING:
    from kubenas.scheduling.kubernetes.environment import Surroundings

_SEARCH = "search"


@contextmanager
def trial_runner(
    context: RunContext, *, step: str, attempts: int | None = None
) -> Iterator[TrialRunner]:
    """The runner that the config names, closed at the end.

    Args:
        context: the search that the attempts belong to.
        step: the stage that they belong to, see :class:`kubenas.scheduling.kubernetes.names.Stage`.
        attempts: attempts that there will be, where that is known: no more workers than that.

    Raises:
        UserError: trials cannot run there: no cluster is configured, or it refuses.
        LeaseHeld: another process runs a step of this search.
        ApiAway: the cluster does not answer.
    """
    config = context.config.runner
    workers = config.workers if attempts is None else max(1, min(config.workers, attempts))
    if config.kind == "local":
        if step == _SEARCH:
            record_origin(context.output, context.search_id, lambda: None)
        with LocalRunner(workers=workers) as runner:
            yield runner
    else:
        with _cluster_runner(context, step, workers) as runner:
            yield runner


@contextmanager
def _cluster_runner(context: RunContext, step: str, workers: int) -> Iterator[TrialRunner]:
    # Who has no cluster does not wait for its client.
    from kubenas.scheduling.kubernetes.environment import surroundings

    config, output = context.config.runner, context.output
    heartbeat = Heartbeat(
        uri=join(output.uri, heartbeat_file(context.search_id)), seconds=config.heartbeat_seconds
    )
    stage = Stage(search=context.search_id, output=output.uri, step=step)
    here = surroundings()
    if step == _SEARCH:
        record_origin(output, context.search_id, here.pod_now)
    with (
        here.lease(stage, on_lost=_leave_at_once) as epoch,
        send_heartbeats(heartbeat),
        here.runner(config, stage, workers=workers, heartbeat=heartbeat, epoch=epoch) as runner,
        _told(here, f"{context.search_id}, step {step}"),
    ):
        yield runner


@contextmanager
def _told(here: "Surroundings", what: str) -> Iterator[None]:
    """Few Events: that it is taken up, and how it ended if it did."""
    here.tell("SearchOpened", f"{what}: taken up")
    try:
        yield
    except UserError as error:
        here.tell("SearchPaused", f"{what}: {error}", warning=True)
        raise
    except SearchFailed as error:
        here.tell("SearchFailed", f"{what}: {error}", warning=True)
        raise
    here.tell("SearchClosed", f"{what}: done")


def _leave_at_once(reason: str) -> None:
    """Whatever this process does next could only be in the way of the one that took over."""
    sys.stderr.write(f"{reason}\n")
    sys.stderr.flush()
    os._exit(1)
