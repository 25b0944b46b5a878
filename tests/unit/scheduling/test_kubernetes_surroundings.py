"""Whether the policy of a namespace binds whoever asks."""

from typing import Any

import pytest

from kubenas.scheduling.kubernetes_api import ApiRefused
from kubenas.scheduling.kubernetes_surroundings import Surroundings

POD = {"metadata": {"name": "step"}}


class Api:
    """Knows one ConfigMap, or none."""

    def __init__(self, config_map: dict[str, Any] | None) -> None:
        self._config_map = config_map

    def call(self, _method: str, _path: str) -> dict[str, Any]:
        if self._config_map is None:
            raise ApiRefused("no such ConfigMap", status=404, reason="NotFound")
        return self._config_map


@pytest.mark.parametrize(
    ("config_map", "pod", "governed"),
    [
        (None, None, False),
        (None, POD, True),
        ({"data": {}}, None, True),
        ({"data": {}}, POD, True),
    ],
)
def test_a_policy_binds_where_there_is_a_chart_and_in_every_pod(config_map, pod, governed):
    settings = Surroundings(Api(config_map), "team", pod).settings()
    assert settings.governed is governed
