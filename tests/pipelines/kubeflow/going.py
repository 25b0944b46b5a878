"""A run whose state changes while the command line waits for it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from tests.pipelines.kubeflow.objects import Object, move
from tests.pipelines.kubeflow.server import KubeflowPipelines

NODES = (
    "kubenas-x7k2p", "kubenas-x7k2p(0)", "root-driver", "root-driver(0)", "root", "root(0)",
    "prepare-driver", "prepare-driver(0)", "prepare", "prepare(0)", "executor", "executor(0)",
)  # fmt: skip


@contextmanager
def going(
    pipelines: KubeflowPipelines,
    states: Sequence[str],
    meanwhile: Callable[[Object], None] = lambda _: None,
) -> Iterator[None]:
    """While entered, the next run goes through ``states``, each after the one before was seen.

    ``meanwhile`` is called with the run before each.
    """
    before, over = len(pipelines.runs), threading.Event()

    def wait_until(true: Callable[[], bool]) -> None:
        until = time.monotonic() + 60
        while not true() and time.monotonic() < until and not over.is_set():
            time.sleep(0.01)

    def go() -> None:
        wait_until(lambda: len(pipelines.runs) > before)
        made = pipelines.runs[-1]
        path = f"/runs/{made['run_id']}"
        for state in states:
            enough = pipelines.count("GET", path) + 3
            wait_until(partial(lambda enough: pipelines.count("GET", path) >= enough, enough))
            meanwhile(made)
            made["run_details"] = {
                "task_details": [{"display_name": name, "state": state} for name in NODES]
            }
            if state != "PENDING":
                move(made, state)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()
