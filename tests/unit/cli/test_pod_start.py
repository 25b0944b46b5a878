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


def test_no_request_while_pods_start_normally() -> None:
    clock = Clock()
    for _ in range(5):
        assert clock.look(15, PENDING, PULL) == []
        assert clock.look(500, RUNNING, PULL) == []
    assert clock.asked == 0


@pytest.mark.parametrize("later", [PULL, BACK_OFF])
def test_image_pull_failure_is_reported_once_then_raises(later: str) -> None:
    clock = Clock()
    assert clock.look(60, PENDING, PULL) == [f"prepare     cannot start: {PULL}"]
    with pytest.raises(PodCannotStart, match="http://kfp/#/runs/1") as raised:
        clock.look(60, PENDING, later)
    assert later in str(raised.value)
    assert raised.value.exit_code == 2
    assert clock.now <= 120


def test_no_message_within_the_time_of_a_small_image() -> None:
    clock = Clock()
    assert clock.look(40, PENDING, PULL) == []
    assert clock.asked <= 3


def test_late_image_is_not_an_error() -> None:
    clock = Clock()
    clock.look(60, PENDING, PULL)
    assert clock.look(60, RUNNING, PULL) == []


def test_unschedulable_pod_is_reported_once() -> None:
    clock = Clock()
    words = "Unschedulable: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
    assert clock.look(4000, PENDING, words) == [f"prepare     cannot start: {words}"]


@pytest.mark.parametrize("message", ["", "PodInitializing", "ContainerCreating"])
def test_pending_pod_without_reason_is_reported(message: str) -> None:
    clock = Clock()
    assert clock.look(100, PENDING, message) == []
    (line,) = clock.look(4000, PENDING, message)
    assert "kubectl describe pod nas-1" in line


def test_run_without_nodes_is_reported() -> None:
    watch, run = PodStartMonitor("page"), {"state": "PENDING"}
    lines = [line for now in range(0, 600, 5) for line in watch.look(run, Workflow, now)]
    assert len(lines) == 1
    assert lines[0].startswith("run         cannot start: no pod was created")


def test_unavailable_workflow_is_requested_rarely() -> None:
    watch, asked = PodStartMonitor("page"), []

    def unknown() -> Workflow:
        asked.append(1)
        return Workflow()

    lines: Sequence[str] = [
        line for now in range(0, 600, 5) for line in watch.look(PENDING, unknown, now)
    ]
    assert lines == []
    assert len(asked) < 60
