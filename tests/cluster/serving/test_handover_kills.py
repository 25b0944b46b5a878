"""A handover is killed around every write to the store and to the API server, then called again."""

from typing import Any

import pytest

from kubenas.serving.kserve import rollout
from tests.cluster.serving.place import (
    Killed,
    Place,
    both_modes,
    wait_for,
)
from tests.cluster.serving.stand_in_kserve import StandInKserve

pytestmark = [pytest.mark.cluster, pytest.mark.heavy]

_CHANGES = ("write", "delete", "apply")


class Mortal:
    """Passes everything on, and is killed before or after its n-th change."""

    def __init__(self, behind: Any, left: list[float]) -> None:
        self._behind = behind
        self._left = left

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._behind, name)
        if name not in _CHANGES:
            return method

        def call(*arguments: Any) -> None:
            for step in (lambda: None, lambda: method(*arguments)):
                step()
                self._left[0] -= 1
                if self._left[0] == 0:
                    raise Killed

        return call


@both_modes
@pytest.mark.parametrize("right", [True, False])
def test_killed_at_any_point_one_model_is_served_and_the_same_call_goes_on(
    place: Place, kserve: StandInKserve, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout, "_PAUSE", 0.1)
    place.hand_over(place.champion(1))
    change, present, points = rollout.Rollout.run, 0, 0
    while True:
        points += 1
        other = 1 - present
        champion = place.champion(points + 1, of=other if right else 2, served=other)
        target = other if right else present
        left = [points]

        def mortal(self: Any, left: list[float] = left) -> rollout.RolloutResult:
            self._service = Mortal(self._service, left)
            self._output = Mortal(self._output, left)
            return change(self)

        with monkeypatch.context() as patch:
            patch.setattr(rollout.Rollout, "run", mortal)
            try:
                place.hand_over(champion)
            except Killed:
                assert place.answers_as(present, other)
        if left[0] > 0:  # it was through before the point came
            break
        assert place.hand_over(champion).state == ("served" if right else "rolled-back")
        wait_for(lambda target=target: place.answers_as(target))
        present = target
    assert points > 8
