"""The environment of this process in a cluster, with scripted answers of the API server."""

from typing import Any

import pytest

from kubenas.scheduling.kubernetes.client.api import Api, ApiRefused, ApiUnavailable
from kubenas.scheduling.kubernetes.environment import ClusterEnvironment

STARTING: dict[str, Any] = {"metadata": {"name": "search-1"}, "status": {}}
STARTED: dict[str, Any] = {**STARTING, "status": {"phase": "Running"}}


class AwayOnce(Api):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def call(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        self.asked.append(f"{method} {path}")
        if len(self.asked) == 1:
            raise ApiUnavailable("too many requests")
        return STARTED


def test_unreadable_pod_keeps_its_known_state() -> None:
    api = AwayOnce()
    here = ClusterEnvironment(api, "team", STARTING)
    assert here.current_pod() == STARTING
    assert here.current_pod() == STARTED
    assert api.asked == ["GET /api/v1/namespaces/team/pods/search-1"] * 2


def test_outside_of_a_pod_nothing_is_queried() -> None:
    api = AwayOnce()
    assert ClusterEnvironment(api, "team", None).current_pod() is None
    assert not api.asked


class WithConfigMap(Api):
    def __init__(self, config_map: dict[str, Any] | None) -> None:
        self._config_map = config_map

    def call(self, *_: Any, **__: Any) -> dict[str, Any]:
        if self._config_map is None:
            raise ApiRefused("no such ConfigMap", status=404, reason="NotFound")
        return self._config_map


@pytest.mark.parametrize(
    ("config_map", "pod", "governed"),
    [
        (None, None, False),
        (None, STARTED, True),
        ({"data": {}}, None, True),
        ({"data": {}}, STARTED, True),
    ],
)
def test_policy_is_enforced_with_a_chart_and_in_pods(
    config_map: dict[str, Any] | None, pod: dict[str, Any] | None, governed: bool
) -> None:
    assert (
        ClusterEnvironment(WithConfigMap(config_map), "team", pod).settings().policy_enforced
        is governed
    )
