"""The Lease of a search on a real API server, with the permissions of the chart."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubenas.scheduling.kubernetes.client.api import Api
from kubenas.scheduling.kubernetes.client.connection import connect
from kubenas.scheduling.kubernetes.lease import LeaseHeld, LeaseTimings, held_lease
from tests.cluster.images import Images
from tests.cluster.namespace import CONTROLLER, Namespace, fresh_namespace

pytestmark = pytest.mark.cluster
TIMINGS = LeaseTimings(duration=10.0, max_wait=10.0, poll_interval=0.2)
NAME = "nas-one"


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with fresh_namespace(Images("none", "none")) as fresh:
        fresh.install_chart()
        yield fresh


@pytest.fixture
def api(namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with monkeypatch.context() as patch:  # kubectl goes on as before
        patch.setenv("KUBECONFIG", str(namespace.kubeconfig(CONTROLLER, tmp_path)))
        api = Api(connect())
    yield api
    namespace.kubectl("delete", "leases", "--all")


@contextmanager
def held(api: Api, namespace: Namespace, holder: str, lost: list[str] | None = None) -> Any:
    lease = {"name": NAME, "namespace": namespace.name}
    told = (lost if lost is not None else []).append
    with held_lease(api, lease, holder=holder, on_lost=told, timings=TIMINGS) as epoch:
        yield epoch


def spec(namespace: Namespace) -> dict[str, Any]:
    return namespace.get("lease", NAME)["spec"]


def test_epoch_grows_with_each_lease_term(api: Api, namespace: Namespace) -> None:
    for epoch, holder in enumerate(("a", "b", "b"), start=1):
        with held(api, namespace, holder) as number:
            assert number == epoch
            assert spec(namespace)["holderIdentity"] == holder
        assert spec(namespace).get("holderIdentity", "") == ""


def test_second_process_waits_for_a_live_holder(api: Api, namespace: Namespace) -> None:
    lost: list[str] = []
    with held(api, namespace, "a", lost) as first:
        with pytest.raises(LeaseHeld, match=f"Lease {NAME}: a is running this search"):
            held(api, namespace, "b").__enter__()
        assert spec(namespace)["holderIdentity"] == "a"
        second = []

        def wait_for_it() -> None:
            with held(api, namespace, "b") as epoch:
                second.append(epoch)

        waiting = threading.Thread(target=wait_for_it)
        waiting.start()
        time.sleep(TIMINGS.duration / 2)
        assert not second
    waiting.join(60)
    assert second == [first + 1]
    assert not lost


def test_expired_lease_is_taken_over_and_its_holder_notices(api: Api, namespace: Namespace) -> None:
    lost: list[str] = []
    with held(api, namespace, "a", lost):
        namespace.kubectl(
            "patch", "lease", NAME, "--type=merge", "--patch",
            '{"spec": {"holderIdentity": "b", "leaseTransitions": 9}}',
        )  # fmt: skip
        until = time.monotonic() + 60
        while not lost:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert lost == [
            f"Lease {NAME}: b is running this search; wait until it ends or stop it, then run the"
            " same command again"
        ]
    assert spec(namespace)["holderIdentity"] == "b"
    with held(api, namespace, "c") as epoch:  # b never renews it
        assert epoch == 10
