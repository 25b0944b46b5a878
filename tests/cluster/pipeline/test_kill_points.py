"""The search is killed at each point between its journal and the cluster, then started again.

It runs on this machine with the permissions of its service account. A proxy in front of the store
kills it before or after a given write.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kubenas.storage import Storage
from kubenas.trial import Outcome
from tests.cluster.namespace import CONTROLLER, Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.stand_in_search import PATIENCE, TRIALS, StandInSearch, stand_in_search
from tests.contracts.storage.fault_proxy import Exchange, fault_proxy, pass_on

pytestmark = [pytest.mark.cluster, pytest.mark.fault, pytest.mark.timeout(900)]

SEARCH = """
import sys
from kubenas.steps.setup.context import RunContext
from kubenas.steps.search import search
search(RunContext.from_json(sys.argv[1].encode()))
"""
Controller = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def search(namespace: Namespace, store: ObjectStore, output: Storage):
    environment = {"env": store.environment}  # pods do not go through the proxy
    options = {"seconds": 2}
    with stand_in_search(namespace, store, output, options=options, pod=environment) as found:
        yield found


@pytest.fixture
def controller(search: StandInSearch, tmp_path: Path):
    """Starts the search as a process on this machine, with a store at the given URL."""
    file = search.namespace.kubeconfig(CONTROLLER, tmp_path)
    started: list[subprocess.Popen[str]] = []

    def start(store_url: str) -> subprocess.Popen[str]:
        places = {"KUBECONFIG": str(file), "STORAGE_EMULATOR_HOST": store_url}
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", SEARCH, search.context.to_json().decode()],
                env=os.environ | places,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "record",
    [
        "started",
        "ended",
        *(pytest.param(each, marks=pytest.mark.heavy) for each in ("opened", "proposed", "closed")),
    ],
)
def test_killed_around_a_record(
    search: StandInSearch, controller: Controller, store: ObjectStore, record: str, moment: str
) -> None:
    with fault_proxy(store.url) as proxy:
        victim = controller(proxy.url)

        def kill_at_record(exchange: Exchange) -> None:
            written = f'"kind":"{record}"'.encode() in exchange.body
            if not written or victim.poll() is not None:
                pass_on(exchange)
                return
            if moment == "after":
                exchange.forward()
            victim.send_signal(signal.SIGKILL)
            exchange.hang_up()

        proxy.inject(kill_at_record, times=1_000_000)
        assert victim.wait(PATIENCE) == -signal.SIGKILL
    goes_on(search, controller(store.url))


def test_killed_when_the_job_is_there(
    search: StandInSearch, controller: Controller, store: ObjectStore
) -> None:
    victim = controller(store.url)
    search.wait_until(lambda: search.namespace.get("jobs", "--selector", TRIALS))
    victim.send_signal(signal.SIGKILL)
    goes_on(search, controller(store.url))


def goes_on(search: StandInSearch, successor: subprocess.Popen[str]) -> None:
    _, complaint = successor.communicate(timeout=PATIENCE)
    assert successor.returncode == 0, complaint
    state = search.check_whole(trials=4)
    assert len(state.ended(Outcome.COMPLETED)) == 4
