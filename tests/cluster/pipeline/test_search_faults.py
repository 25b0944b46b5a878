"""Faults of a search in a cluster: each trial ends once, and no objects are left."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from kubenas.images import in_registry
from kubenas.storage import Storage
from kubenas.trial import FailureClass, Outcome
from tests.cluster.cluster_faults import Components
from tests.cluster.images import REGISTRY, publish_copy
from tests.cluster.namespace import Namespace
from tests.cluster.object_store import ObjectStore
from tests.cluster.stand_in_search import TRIALS, StandInSearch, stand_in_search

pytestmark = [pytest.mark.cluster, pytest.mark.fault, pytest.mark.timeout(900)]

MakeSearch = Callable[..., StandInSearch]
SLOW = {"seconds": 6}


@pytest.fixture
def make_search(namespace: Namespace, store: ObjectStore, output: Storage) -> Iterator[MakeSearch]:
    with ExitStack() as stack:

        def make(**changes: Any) -> StandInSearch:
            return stack.enter_context(stand_in_search(namespace, store, output, **changes))

        yield make


@pytest.mark.parametrize("how", [(), ("--force", "--grace-period=0")], ids=["told", "forced"])
def test_the_searchs_pod_is_deleted_twice(make_search: MakeSearch, how: tuple[str, ...]) -> None:
    search = make_search(options=SLOW, search={"max_trials": 8})
    for _ in range(2):
        pod = search.started(trials=2)
        search.namespace.kubectl("delete", "pod", pod, *how)
    search.ended(search.start())
    state = search.check_whole(trials=8)
    assert len(state.ended(Outcome.COMPLETED)) == 8


def test_two_pods_run_the_same_search(make_search: MakeSearch) -> None:
    search = make_search(options=SLOW)
    pods = [search.start(), search.start()]
    ends = {search.namespace.wait_for_pod(pod) for pod in pods}
    if "Succeeded" not in ends:
        search.ended(search.start())
    search.check_whole(trials=4)


@pytest.mark.parametrize("kind", ["pod", "job"])
def test_a_trial_is_deleted(make_search: MakeSearch, kind: str) -> None:
    search = make_search(options={"behave_of": {"0": "hang-once"}})
    pod = search.started(trials=1)
    search.wait_until(lambda: search.output.exists(f"{search.attempt(trial=0)}/running"))
    (victim,) = search.namespace.get("pods", "--selector", f"{TRIALS},kubenas/trial=0")
    name = victim["metadata"]["name"]
    job = name.rpartition("-")[0]
    search.namespace.kubectl("delete", kind, name if kind == "pod" else job, "--wait=false")
    search.ended(pod)
    state = search.check_whole(trials=4)
    assert len(state.ended(Outcome.COMPLETED)) == 4
    lost = [loss for trial in state.trials.values() for loss in trial.lost]
    assert [each.failure for each in lost] == [FailureClass.DISRUPTION]


def test_a_missing_image_pauses_the_search_until_it_is_there(
    make_search: MakeSearch, namespace: Namespace
) -> None:
    image = in_registry(f"kubenas/trainer:{namespace.name}", REGISTRY)
    search = make_search(pod={"image": image})
    log = search.ended(search.start(), "Failed").splitlines()
    (error,) = [line for line in log if line.startswith("Error: ")]
    assert "search paused" in error
    assert image in error
    publish_copy(namespace.images.trainer, image)
    search.ended(search.start())
    assert len(search.check_whole(trials=4).ended(Outcome.COMPLETED)) == 4


@pytest.mark.parametrize(
    ("behave", "outcome", "failure", "attempts"),
    [
        ("nan", Outcome.INFEASIBLE, FailureClass.NAN, 1),
        ("truncated", Outcome.FAILED, FailureClass.APPLICATION, 2),
        ("oversized", Outcome.FAILED, FailureClass.APPLICATION, 2),
        ("leave", Outcome.FAILED, FailureClass.APPLICATION, 2),
        ("hang", Outcome.FAILED, FailureClass.DEADLINE, 1),
        ("eat-memory", Outcome.INFEASIBLE, FailureClass.HOST_OOM, 2),
    ],
)
def test_one_trial_goes_wrong_and_the_others_do_not(
    make_search: MakeSearch, behave: str, outcome: Outcome, failure: FailureClass, attempts: int
) -> None:
    search = make_search(
        options={"behave_of": {"1": behave}},
        training={"max_trial_seconds": 20},
        pod={"memory": "96Mi", "memory_growth": 1.1},
    )
    search.ended(search.start())
    wrong = search.check_whole(trials=4).trials[1]
    assert wrong.end is not None
    assert (wrong.end.outcome, wrong.end.failure) == (outcome, failure)
    assert len(wrong.started) == attempts
    assert len(search.check_whole(trials=4).ended(Outcome.COMPLETED)) == 3


def test_the_budget_is_used_up_with_trials_in_flight(make_search: MakeSearch) -> None:
    search = make_search(options={"seconds": 15}, search={"max_trials": 50, "max_seconds": 10})
    search.ended(search.start())
    trials = len(search.check_whole(trials=2).trials)
    assert trials == 2


def test_the_run_is_deleted_with_all_that_it_had_started(make_search: MakeSearch) -> None:
    search = make_search(options={"behave": "hang"})
    search.started(trials=2)
    search.namespace.kubectl("delete", "configmap", search.pipeline.owner["name"])
    search.wait_until(lambda: not search.namespace.get("jobs,pods"))


@pytest.mark.heavy
@pytest.mark.parametrize("seconds", [1, 60])
def test_the_api_server_is_away_while_trials_end(
    make_search: MakeSearch, components: Components, seconds: int
) -> None:
    search = make_search(options=SLOW)
    pod = search.started(trials=2)
    with components.stopped("kube-apiserver"):
        time.sleep(seconds)
    search.ended(pod)
    assert len(search.check_whole(trials=4).ended(Outcome.COMPLETED)) == 4


@pytest.mark.heavy
def test_a_node_goes_silent_under_a_trial(make_search: MakeSearch, components: Components) -> None:
    search = make_search(options=SLOW)
    pod = search.started(trials=2)
    node = search.running()[0]["spec"]["nodeName"]
    with components.paused(f"kubelet-{node}"):
        search.wait_until(lambda: len(search.ends()) == 4)
    search.ended(pod)
    assert len(search.check_whole(trials=4).ended(Outcome.COMPLETED)) == 4
