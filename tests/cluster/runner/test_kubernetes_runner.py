"""The Kubernetes runner on a real cluster: the tests of every runner, and adoption by a later
process.
"""

import time

import pytest

from kubenas.trial import FailureClass, Task
from tests.contracts.runner.runner_contract import *  # noqa: F403
from tests.contracts.runner.waiting import ended, wait_for

pytestmark = pytest.mark.cluster

WAIT_SECONDS = 15


def test_attempts_continue_after_close_for_the_next_runner(make_runner, make_spec, namespace):
    spec, first = make_spec("hang"), make_runner()
    assert first.persistent
    first.start(spec)
    wait_for(spec, "running")
    first.close()
    second = make_runner()
    assert second.adopt(Task.TRAIN) == []
    assert second.adopt(Task.EVALUATE) == [spec.ref]
    assert second.adopt(Task.EVALUATE) == []
    second.stop(spec.ref)
    (event,) = ended(second)
    assert (event.ref, event.failure) == (spec.ref, FailureClass.DISRUPTION)
    second.close()
    assert namespace.get("jobs") == []


def test_adopting_runner_reports_earlier_ends(make_runner, make_spec, namespace):
    spec, first = make_spec("leave"), make_runner()
    first.start(spec)
    first.close()
    namespace.kubectl("wait", "--for=condition=Failed", "job", "--all", "--timeout=90s")
    second = make_runner()
    assert second.adopt(Task.EVALUATE) == [spec.ref]
    (event,) = ended(second)
    assert event.failure == FailureClass.APPLICATION
    assert "ValueError: odd" in event.message


def test_time_before_the_container_is_not_charged(make_runner, make_spec, namespace):
    """The container waits for a Secret; a runner that did not observe it reports its end."""
    spec, first = make_spec("leave"), make_runner(pod={"secrets": ("late",)})
    first.start(spec)
    first.close()
    time.sleep(WAIT_SECONDS)
    namespace.kubectl("create", "secret", "generic", "late", "--from-literal=A=b")
    namespace.kubectl("wait", "--for=condition=Failed", "job", "--all", "--timeout=180s")
    second = make_runner()
    assert second.adopt(Task.EVALUATE) == [spec.ref]
    (event,) = ended(second)
    assert event.seconds is not None
    assert event.seconds < WAIT_SECONDS


def test_starting_a_started_attempt_takes_it_over(make_runner, make_spec, namespace):
    spec = make_spec("hang")
    make_runner().start(spec)
    wait_for(spec, "running")
    again = make_runner()
    again.start(spec)
    assert len(namespace.get("jobs")) == 1
    again.stop(spec.ref)
    assert ended(again)[0].failure == FailureClass.DISRUPTION


def test_different_job_of_the_same_name_is_a_conflict(make_runner, make_spec, namespace):
    spec, other = make_spec("hang"), make_spec("complete")
    make_runner().start(spec)
    wait_for(spec, "running")
    runner = make_runner()
    runner.start(other)
    (event,) = ended(runner)
    assert event.failure == FailureClass.CONFIGURATION
    assert spec.prefix in event.message
    runner.close()
    assert len(namespace.get("jobs")) == 1
