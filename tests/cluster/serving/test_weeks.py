"""The real command line, two weeks in a row: each ends with its champion served; then one back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.serving.place import NAME, Place, wait_for
from tests.cluster.serving.stand_in_kserve import StandInKserve

pytestmark = [pytest.mark.cluster, pytest.mark.heavy, pytest.mark.timeout(1500)]

KUBENAS = Path(sys.executable).with_name("kubenas")


def kubenas(place: Place, *arguments: str | Path) -> dict[str, Any]:
    """What the command answers, called by who has the rights of a step."""
    with place.rights():
        done = subprocess.run(
            [KUBENAS, *arguments, "--json"], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def served_champion(place: Place) -> str | None:
    service = place.service()
    return service and service["metadata"]["labels"]["kubenas/champion"]


def test_each_week_ends_with_its_champion_served_and_a_rollback_with_the_one_before(
    place: Place, kserve: StandInKserve, tmp_path: Path
) -> None:
    config: dict[str, Any] = {
        "name": NAME,
        "output": place.output.uri,
        "data": {"source": "digits"},
        "search": {"oracle": "random", "max_trials": 1},
        "training": {"epochs": 1},
        "runner": {"workers": 1},
        "retrain": {"candidates": 1, "seeds": 1},
        "promotion": {"mode": "always"},
        "serving": {"kind": "kserve", "ready_seconds": 120},
    }
    file = tmp_path / "search.yaml"
    models = []
    for week in (1, 2):
        config["search"]["generation"] = week
        file.write_text(json.dumps(config))
        kubenas(place, "run", file)
        assert served_champion(place) == str(week)
        models.append(_storage_uri(place))
    assert models[0] != models[1]
    assert kubenas(place, "champion", "show", place.output.uri)["champion"]["number"] == 2

    answer = kubenas(place, "champion", "rollback", place.output.uri)
    assert answer["serving"]["state"] == "served"
    assert served_champion(place) == "3"
    assert _storage_uri(place) == models[0]
    wait_for(lambda: not place.under_way)


def _storage_uri(place: Place) -> str:
    service = place.service()
    assert service is not None
    uri: str = service["spec"]["predictor"]["model"]["storageUri"]
    return uri
