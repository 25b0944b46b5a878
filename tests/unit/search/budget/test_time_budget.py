"""Caps on accelerator-hours and cost: accounting, and a search never exceeds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kubenas.config import Config
from kubenas.config.runner import RunnerConfig
from kubenas.config.search import SearchConfig
from kubenas.search.attempts.outputs import read_start_time
from kubenas.search.budget.cost import Cost, Rate, estimate_run_seconds, reserved_cost, total_cost
from kubenas.search.budget.time_budget import (
    TimeLimit,
    affordable_seconds,
    allocate_seconds,
    describe_usage,
)
from kubenas.search.journal.records import AttemptLost, Ended, Started
from kubenas.search.journal.state import fold
from kubenas.search.layout import attempt_folder
from kubenas.storage import open_storage
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, FailureClass, SpaceRef, Task
from tests.unit.search.scenario import Scenario
from tests.unit.search.scripted_runner import Crash, ScriptedRunner, TwoSeconds, write_result

MINIMAL = {"name": "s", "output": "o", "data": {"source": "digits"}}


def test_the_price_counts_per_accelerator_or_once():
    pod = {"accelerator": "nvidia.com/gpu", "accelerators": 4}
    cluster = {"kind": "kubernetes", "pod": pod}
    assert Rate.of(RunnerConfig(**cluster, price_per_hour=2.5)) == Rate(4, 10.0)
    assert Rate.of(RunnerConfig(**cluster)) == Rate(4, 0.0)
    assert Rate.of(RunnerConfig(kind="kubernetes", price_per_hour=2.5)) == Rate(0, 2.5)
    assert Rate.of(RunnerConfig(pod=pod, price_per_hour=2.5)) == Rate(0, 2.5)
    assert Rate(4, 10.0).cost_of(1800) == Cost(2.0, 5.0)


def test_a_cap_on_cost_needs_a_price():
    search = {"max_cost": 5}
    with pytest.raises(ValidationError, match=r"runner\.price_per_hour"):
        Config.model_validate({**MINIMAL, "search": search})
    Config.model_validate({**MINIMAL, "search": search, "runner": {"price_per_hour": 1}})


def test_the_tightest_cap_applies_and_reserved_cost_counts():
    config = SearchConfig(max_gpu_hours=10, max_cost=6)
    used, promised = Cost(4.0, 1.0), Cost(2.0, 2.0)
    assert affordable_seconds(config, used, promised, Rate(2, 1.0)) == 2 * 3600
    assert affordable_seconds(config, used, promised, Rate(2, 6.0)) == 0.5 * 3600
    assert affordable_seconds(config, used, promised, Rate(0, 0.0)) is None
    assert affordable_seconds(SearchConfig(), used, promised, Rate(2, 1.0)) is None
    assert affordable_seconds(config, Cost(11.0, 0.0), promised, Rate(1, 0.0)) == 0


@pytest.mark.parametrize(
    ("affordable", "needed", "slots", "seconds"),
    [
        (100.0, None, 4, 25.0),  # nothing is known: a fair share
        (1.5, None, 4, 0.0),
        (100.0, 9.0, 4, 20.0),  # twice the expected and the time to wind up
        (15.0, 9.0, 4, 15.0),
        (9.9, 9.0, 4, 0.0),  # it could not end in time
    ],
)
def test_allocated_time_limits(affordable, needed, slots, seconds):
    assert allocate_seconds(affordable, needed=needed, slots=slots) == pytest.approx(seconds)


def test_an_attempt_is_asked_to_end_before_it_is_killed_and_with_the_search():
    assert TimeLimit(Rate(), seconds=100.0).work_seconds == 90.0
    assert TimeLimit(Rate()).work_seconds is None
    capped = a_spec(deadline=1005.0, work_seconds=90.0)
    assert capped.with_deadline(900.0).deadline == 990.0
    assert capped.with_deadline(1000.0).deadline == 1005.0  # however late it begins
    assert a_spec(work_seconds=90.0).with_deadline(9e9).deadline == 9e9 + 90.0
    assert a_spec().with_deadline(9e9).deadline is None


def a_spec(**limits):
    space = SpaceRef(name="any")
    common = {"task": Task.TRAIN, "search": "s", "prefix": "p", "space": space, "dataset": "d"}
    return AttemptSpec(**common, trial=0, attempt=1, **limits)


def test_the_description_names_the_cap_and_omits_unused_resources():
    assert describe_usage(SearchConfig(), Cost()) == ()
    assert describe_usage(SearchConfig(), Cost(0.5, 0.0)) == ("accelerator-hours 0.5",)
    config = SearchConfig(max_gpu_hours=2, max_cost=8)
    assert describe_usage(config, Cost(0.5, 0.0)) == ("accelerator-hours 0.5 of 2", "cost 0 of 8")


@given(
    st.floats(1, 1e5),
    st.integers(1, 8),
    st.lists(st.tuples(st.none() | st.floats(0.1, 1e4), st.floats(0, 1)), max_size=60),
)
def test_time_limits_together_never_exceed_the_cap(cap_seconds, slots, moves):
    """Holds for any expected time and any used share of the time limits."""
    config, rate = SearchConfig(max_gpu_hours=2 * cap_seconds / 3600), Rate(2, 0.0)
    used, flying = 0.0, []
    for needed, share in moves:
        if len(flying) == slots:
            granted, part = flying.pop(0)
            used += granted * part
        promised = Cost(2 * sum(granted for granted, _ in flying) / 3600)
        left = affordable_seconds(config, Cost(2 * used / 3600), promised, rate)
        seconds = allocate_seconds(left, needed=needed, slots=slots - len(flying))
        flying += [(seconds, share)] if seconds else []
        assert used + sum(granted for granted, _ in flying) <= cap_seconds * (1 + 1e-9)


def capped(tmp_path, proposals, **search):
    pod = {"accelerator": "nvidia.com/gpu", "accelerators": 2}
    runner = {"kind": "kubernetes", "price_per_hour": 3, "pod": pod}
    return Scenario(tmp_path, proposals, sections={"runner": runner}, **search)


def test_a_search_stops_before_its_cap_and_reports_its_usage(tmp_path):
    # A scripted trial takes 2 s on 2 accelerators; of 20.2 accelerator-seconds it needs 4.4.
    proposals = [{"x": float(x)} for x in range(10)]
    scenario = capped(tmp_path, proposals, max_gpu_hours=0.0056, max_cost=1)
    state = scenario.run(runner=TwoSeconds)
    assert total_cost(state).gpu_hours == pytest.approx(16 / 3600)
    assert total_cost(state).money == pytest.approx(6 * 8 / 3600)
    assert state.closed.reason == (
        "the remaining budget is too small for another trial:"
        " accelerator-hours 0.00444 of 0.0056 and cost 0.0133 of 1"
    )
    assert all(spec.work_seconds < spec.max_seconds for spec in scenario.specs)
    assert scenario.run() == state


def test_the_journal_records_the_cost_of_each_attempt_and_lost_ones_count(tmp_path):
    scenario = capped(tmp_path, [{"x": 1.0, "behave": "lost-once"}])
    ticks = iter(range(10**9, 2 * 10**9))
    state = scenario.run(clock=lambda: float(next(ticks)))
    records = scenario.records()
    assert [(r.accelerators, r.price) for r in records if isinstance(r, Started)] == [(2, 6.0)] * 2
    lost = next(record for record in records if isinstance(record, AttemptLost))
    held = state.trials[0].end.held_seconds
    assert min(lost.seconds, held) > 0
    assert total_cost(state).gpu_hours == pytest.approx(2 * (lost.seconds + held) / 3600)


def test_an_attempt_in_flight_reserves_its_whole_time_limit(tmp_path):
    scenario = capped(tmp_path, [{"x": 1.0}], max_gpu_hours=1)
    scenario.run()
    records = [r for r in scenario.records() if not isinstance(r, Ended) and r.kind != "closed"]
    state = fold(records)
    assert reserved_cost(state.trials.values()).gpu_hours == pytest.approx(0.5)  # of two free slots
    lost = AttemptLost(at=9e9, trial=0, attempt=1, failure=FailureClass.NODE_LOSS)
    assert reserved_cost(fold([*records, lost]).trials.values()) == Cost()


def test_start_and_end_of_a_process_count_and_queueing_does_not(tmp_path):
    """The clock advances by a second per call; the attempt waits, runs and ends."""

    class TellingRunner(ScriptedRunner):
        told = 0

        def poll(self, timeout):
            self.told += 1
            if self.told < 30 and self._running:
                kind = "running" if self.told == 20 else "waiting"
                return [AttemptEvent(ref=self._running[0].ref, kind=kind)]
            return super().poll(timeout)

    ticks = iter(range(10**9, 2 * 10**9))
    scenario = capped(tmp_path, [{"x": 1.0}])
    state = scenario.run(clock=lambda: float(next(ticks)), runner=TellingRunner)
    end = state.trials[0].end
    assert end.seconds == 2.0
    waited = end.at - state.trials[0].started[0].at
    assert 2.0 < end.held_seconds < waited / 2
    assert total_cost(state).gpu_hours == pytest.approx(2 * end.held_seconds / 3600)


@pytest.mark.parametrize(
    ("granted", "now", "seconds"), [(None, 900.0, 30.0), (50.0, 900.0, 50.0), (50.0, 120.0, 20.0)]
)
def test_the_estimated_run_time_is_the_maximum_if_there_is_a_cap(granted, now, seconds):
    started = Started(at=20.0, trial=0, attempt=1, granted_seconds=granted)
    assert estimate_run_seconds(started, began=100.0, last_seen=130.0, now=now) == seconds
    assert estimate_run_seconds(started, began=None, last_seen=130.0, now=now) == 0.0


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ('{"at": 110.0}', 20.0),
        ('{"at": 99.0}', 30.0),  # before it was started
        ('{"at": 131.0}', 30.0),  # not yet
        ('{"at": "NaN"}', 30.0),
        ('{"at": "-Infinity"}', 30.0),
        ("{", 30.0),
        (None, 0.0),
    ],
)
def test_a_forged_start_time_does_not_change_the_cost(tmp_path, told, seconds):
    started, storage = Started(at=100.0, trial=0, attempt=1), open_storage(str(tmp_path))
    if told is not None:
        storage.write("a1/begun.json", told.encode())
    began = read_start_time(storage, "a1", earliest=started.at, latest=130.0)
    assert estimate_run_seconds(started, began=began, last_seen=130.0, now=130.0) == seconds


class Waiting(ScriptedRunner):
    """Attempts wait for two hours, then run for a minute without an event."""

    runs = True

    def poll(self, timeout):
        if not self._running:
            return []
        self._clock.now += 7200.0
        began = self._clock()
        (event,) = super().poll(timeout)
        self._clock.now += 60.0
        if not self.runs:
            return [event.model_copy(update={"seconds": 0.0})]
        running = AttemptEvent(ref=event.ref, kind="running", since=began)
        return [running, event.model_copy(update={"seconds": 60.0})]


class NeverRunning(Waiting):
    runs = False


def test_queueing_time_costs_nothing(tmp_path):
    waited = capped(tmp_path / "waited", [{"x": 1.0}])
    state = waited.run(clock=Leaping(), runner=Waiting)
    assert state.trials[0].end.held_seconds == 60.0
    assert total_cost(state).gpu_hours == pytest.approx(2 * 60 / 3600)
    lost = capped(tmp_path / "lost", [{"x": 1.0, "behave": "lost"}])
    assert total_cost(lost.run(clock=Leaping(), runner=NeverRunning)) == Cost()


class Adopting(ScriptedRunner):
    """Reports start and end of an adopted attempt two hours late."""

    def poll(self, timeout):
        found, self._found = self._found, []
        tell = [AttemptEvent(ref=ref, kind="ended", seconds=60.0) for ref in found]
        return tell or super().poll(timeout)


@pytest.mark.parametrize("left", ["result", "nothing"])
def test_the_cost_does_not_depend_on_the_controller(tmp_path, left):
    scenario, clock = capped(tmp_path, [{"x": 1.0}], max_gpu_hours=9), Leaping()
    with pytest.raises(Crash):
        scenario.run(crash_at=8, clock=clock)
    (started,) = [record for record in scenario.records() if isinstance(record, Started)]
    ref = AttemptRef(trial=0, attempt=started.attempt)
    if left == "result":
        folder = attempt_folder(scenario.definition.id, 0, started.attempt)
        write_result(tmp_path / folder, ref, seconds=50.0, nonce=scenario.specs[-1].nonce)
    clock.now += 7265.0
    state = scenario.run(clock=clock, runner=Adopting, found=[ref], persistent=True)
    ends = [r for r in scenario.records() if isinstance(r, Ended | AttemptLost)]
    first = ends[0].held_seconds if left == "result" else ends[0].seconds
    assert first == 60.0
    assert state.closed


def test_a_killed_search_never_passes_its_cap(tmp_path):
    """The clock advances by an hour at each restart; attempts in flight cost their time limit."""
    proposals = [{"x": float(x)} for x in range(9)]
    whole = capped(tmp_path / "whole", proposals, max_cost=0.02)
    whole.run(clock=Leaping())
    charged = set()
    for point in range(5, whole.fuse.passed, 5):
        scenario, clock = capped(tmp_path / str(point), proposals, max_cost=0.02), Leaping()
        with pytest.raises(Crash):
            scenario.run(crash_at=point, clock=clock)
        clock.now += 3600
        state = scenario.run(clock=clock)
        assert total_cost(state).money <= 0.02
        assert state.closed
        charged |= {r.seconds == s.granted_seconds for r, s in lost_attempts(scenario)}
    assert True in charged


def lost_attempts(scenario):
    records = scenario.records()
    lost = {(r.trial, r.attempt): r for r in records if isinstance(r, AttemptLost)}
    started = [r for r in records if isinstance(r, Started)]
    return [(lost[key], s) for s in started if (key := (s.trial, s.attempt)) in lost]


class Leaping:
    """A settable clock that advances by 0.01 seconds per call."""

    now = 1e9

    def __call__(self):
        self.now += 0.01
        return self.now
