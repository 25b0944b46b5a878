"""``kubenas schedule`` with an active run, which deleting its recurring run would end."""

from pathlib import Path

import pytest
from click.testing import Result

from tests.pipelines.kubeflow.conftest import Kubenas, answer, change, state
from tests.pipelines.kubeflow.objects import Object, move
from tests.pipelines.kubeflow.server import KubeflowPipelines


def changed_while_a_run_is_in_flight(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> tuple[Object, Result]:
    run("schedule", "apply", schedule_yaml)
    flying = pipelines.fire(pipelines.recurring[0])
    change(schedule_yaml, cron="0 4 * * *")
    return flying, run("schedule", "apply", schedule_yaml)


def test_a_change_ends_no_run_in_flight(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    flying, done = changed_while_a_run_is_in_flight(run, pipelines, schedule_yaml)
    assert done.exit_code == 0, done.stderr
    assert pipelines.killed == []
    assert state(pipelines) == [("DISABLE", "0 0 3 * * mon"), ("ENABLE", "0 0 4 * * *")]
    (line,) = [line for line in done.stdout.splitlines() if flying["run_id"] in line]
    assert "is disabled, but has an active run" in line
    (listed,) = answer(run("schedule", "list", "--json"))["schedules"]
    assert (listed["state"], listed["cron"]) == ("on", "0 0 4 * * *")
    assert "unchanged" in run("schedule", "apply", schedule_yaml).stdout
    assert len(pipelines.recurring) == 2
    move(flying, "SUCCEEDED")
    assert "unchanged" in run("schedule", "apply", schedule_yaml).stdout
    assert state(pipelines) == [("ENABLE", "0 0 4 * * *")]


def test_two_earlier_ones_wait_each_for_its_own_run(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    first, _ = changed_while_a_run_is_in_flight(run, pipelines, schedule_yaml)
    second = pipelines.fire(pipelines.recurring[-1])
    change(schedule_yaml, cron="0 3 * * mon")  # as at first, which is off but not gone
    done = run("schedule", "apply", schedule_yaml)
    assert [each["run_id"] in done.stdout for each in (first, second)] == [True, True]
    assert [mode for mode, _ in state(pipelines)] == ["DISABLE", "DISABLE", "ENABLE"]
    move(second, "FAILED")
    run("schedule", "apply", schedule_yaml)
    assert [mode for mode, _ in state(pipelines)] == ["DISABLE", "ENABLE"]
    assert pipelines.killed == []


def test_a_superseded_one_neither_pauses_nor_resumes(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path
) -> None:
    changed_while_a_run_is_in_flight(run, pipelines, schedule_yaml)
    run("schedule", "pause", schedule_yaml)
    assert answer(run("schedule", "apply", schedule_yaml, "--json"))["state"] == "paused"
    assert [mode for mode, _ in state(pipelines)] == ["DISABLE", "DISABLE"]
    run("schedule", "resume", schedule_yaml)
    assert [mode for mode, _ in state(pipelines)] == ["DISABLE", "ENABLE"]
    assert pipelines.killed == []


@pytest.mark.parametrize("paused", [False, True])
def test_a_schedule_with_a_run_in_flight_is_not_deleted_but_starts_no_more(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path, paused: bool
) -> None:
    run("schedule", "apply", schedule_yaml)
    for number in range(7):  # the server's pages are small
        move(pipelines.fire(pipelines.recurring[0]), ("SUCCEEDED", "FAILED")[number % 2])
    flying = pipelines.fire(pipelines.recurring[0])
    if paused:
        run("schedule", "pause", schedule_yaml)
    done = run("schedule", "delete", schedule_yaml, "--json")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    line = done.stderr
    assert f"/#/runs/details/{flying['run_id']}; run the same command again" in line
    assert answer(done)["in_flight"] == [flying["run_id"]]
    assert [mode for mode, _ in state(pipelines)] == ["DISABLE"]
    move(flying, "CANCELED")
    assert run("schedule", "delete", schedule_yaml).stdout == "weekly: deleted\n"
    assert pipelines.recurring == []
    assert pipelines.killed == []


@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(4))
def test_a_deletion_cut_short_anywhere_is_completed_by_the_next(
    run: Kubenas, pipelines: KubeflowPipelines, schedule_yaml: Path, number: int, lost: bool
) -> None:
    flying, _ = changed_while_a_run_is_in_flight(run, pipelines, schedule_yaml)
    move(flying, "SUCCEEDED")
    failing = pipelines.fail_after if lost else pipelines.fail
    failing["(POST|DELETE) /apis/v2beta1/recurringruns|GET /apis/v2beta1/runs"] = [0] * number + [
        500
    ]
    assert run("schedule", "delete", schedule_yaml).exit_code == 1
    failing.clear()
    assert run("schedule", "delete", schedule_yaml).exit_code == 0
    assert pipelines.recurring == []
