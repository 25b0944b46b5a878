"""Monitoring of pods that do not start: times, messages and the final error."""

from collections.abc import Sequence

import pytest

from kubenas.cli.kubeflow.waiting.pod_start import PodCannotStart, PodStartMonitor
from kubenas.cli.kubeflow.waiting.workflow import Pod, Workflow

PENDING = {"run_details": {"task_details": [{"display_name": "executor", "state": "PENDING"}]}}
RUNNING = {"run_details": {"task_details": [{"display_name": "executor", "state": "RUNNING"}]}}
PULL = "ErrImagePull: rpc error: code = NotFound desc = reg/nas:1: not found"
BACK_OFF = 'ImagePullBackOff: Back-off pulling image "reg/nas:1"'


def waits(message: str) -> Workflow:
    return Workflow("team", (Pod("nas-1", "team", "prepare", "Pending", message),))


class Clock:
    """A clock that polls every five seconds."""

    def __init__(self) -> None:
        self.watch = PodStartMonitor("http://kfp/#/runs/1")
        self.now = 0.0
        self.asked = 0

    def look(self, seconds: float, run: dict, message: str) -> list[str]:
        told: list[str] = []
        until = self.now + seconds
        while self.now < until:
            told += self.watch.look(run, lambda: self._workflow(message), self.now)
            self.now += 5
        return told

    def _workflow(self, message: str) -> Workflow:
        self.asked += 1
        return waits(message)


def test_nothing_is_asked_for_while_pods_start_as_they_do() -> None:
    clock = Clock()
    for _ in range(5):
        assert clock.look(15, PENDING, PULL) == []
        assert clock.look(500, RUNNING, PULL) == []
    assert clock.asked == 0


@pytest.mark.parametrize("later", [PULL, BACK_OFF])
def test_an_image_that_cannot_be_pulled_is_told_once_and_then_given_up(later: str) -> None:
    clock = Clock()
    assert clock.look(60, PENDING, PULL) == [f"prepare     cannot start: {PULL}"]
    with pytest.raises(PodCannotStart, match="http://kfp/#/runs/1") as raised:
        clock.look(60, PENDING, later)
    assert later in str(raised.value)
    assert raised.value.exit_code == 2
    assert clock.now <= 120


def test_a_pod_is_given_the_time_that_a_small_image_takes() -> None:
    clock = Clock()
    assert clock.look(40, PENDING, PULL) == []
    assert clock.asked <= 3


def test_an_image_that_comes_after_all_is_waited_for() -> None:
    clock = Clock()
    clock.look(60, PENDING, PULL)
    assert clock.look(60, RUNNING, PULL) == []


def test_a_pod_without_a_node_is_told_once_and_waited_for() -> None:
    clock = Clock()
    words = "Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
    assert clock.look(4000, PENDING, words) == [f"prepare     cannot start: {words}"]


@pytest.mark.parametrize("message", ["", "PodInitializing", "ContainerCreating"])
def test_silence_is_told_after_a_while(message: str) -> None:
    clock = Clock()
    assert clock.look(100, PENDING, message) == []
    (line,) = clock.look(4000, PENDING, message)
    assert "kubectl describe pod nas-1" in line


def test_a_run_that_nobody_begins_is_told_of() -> None:
    watch, run = PodStartMonitor("page"), {"state": "PENDING"}
    lines = [line for now in range(0, 600, 5) for line in watch.look(run, Workflow, now)]
    assert len(lines) == 1
    assert lines[0].startswith("run         cannot start: no pod of it is made")


def test_a_server_that_does_not_say_is_asked_seldom() -> None:
    watch, asked = PodStartMonitor("page"), []

    def unknown() -> Workflow:
        asked.append(1)
        return Workflow()

    lines: Sequence[str] = [
        line for now in range(0, 600, 5) for line in watch.look(PENDING, unknown, now)
    ]
    assert lines == []
    assert len(asked) < 60
