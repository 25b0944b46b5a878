"""What this process is to the cluster, as far as the API server says."""

from typing import Any

from kubenas.scheduling.kubernetes_api import Api, ApiAway
from kubenas.scheduling.kubernetes_surroundings import Surroundings

STARTING: dict[str, Any] = {"metadata": {"name": "search-1"}, "status": {}}
STARTED: dict[str, Any] = {**STARTING, "status": {"phase": "Running"}}


class AwayOnce(Api):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def call(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        self.asked.append(f"{method} {path}")
        if len(self.asked) == 1:
            raise ApiAway("too many requests")
        return STARTED


def test_a_pod_that_cannot_be_read_at_the_moment_is_as_it_was() -> None:
    api = AwayOnce()
    here = Surroundings(api, "team", STARTING)
    assert here.pod_now() == STARTING
    assert here.pod_now() == STARTED
    assert api.asked == ["GET /api/v1/namespaces/team/pods/search-1"] * 2


def test_a_process_that_is_no_pod_asks_nothing() -> None:
    api = AwayOnce()
    assert Surroundings(api, "team", None).pod_now() is None
    assert not api.asked
