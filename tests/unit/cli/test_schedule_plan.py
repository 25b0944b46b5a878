"""Plans of schedule changes: they can be interrupted anywhere and never end an active run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.cli.kubeflow.schedule.plan import (
    Action,
    Mark,
    RecurringRun,
    check_ownership,
    is_on,
    newest,
    plan_apply,
    plan_cleanup,
    plan_delete,
    plan_pause,
    plan_resume,
    superseded,
)
from kubenas.errors import UserError

Plan = Callable[[Sequence[RecurringRun]], tuple[Action, ...]]


@dataclass
class Held:
    """The recurring runs on a server."""

    recurring: list[RecurringRun] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    """Those with a run in flight."""
    created: int = 0

    def execute(self, plan: Plan, *, until: int | None = None) -> None:
        """Executes the actions of ``plan`` and of the cleanup after it, or only the first ones."""
        actions = plan(tuple(self.recurring))[:until]
        for action in actions:
            self._do(action)
        left = None if until is None else until - len(actions)
        for action in plan_cleanup(tuple(self.recurring), self.busy)[:left]:
            self._do(action)

    def delete(self) -> None:
        for action in plan_pause(tuple(self.recurring)):
            self._do(action)
        for action in plan_delete(tuple(self.recurring), self.busy):
            self._do(action)

    def _do(self, action: Action) -> None:
        if action.verb == "create":
            self.created += 1
            self.recurring.append(RecurringRun(str(self.created), action.on, action.mark))
            return
        (meant,) = [each for each in self.recurring if each.id == action.id]
        self.recurring.remove(meant)
        if action.verb == "delete":
            assert not meant.on, "deleted while on"
            assert meant.id not in self.busy, "a run was ended"
        else:
            self.recurring.append(replace(meant, on=action.verb == "enable"))

    def apply(self, digest: str, *, until: int | None = None) -> None:
        self.execute(lambda existing: plan_apply(existing, digest), until=until)

    @property
    def current(self) -> tuple[bool, str] | None:
        last = newest(self.recurring)
        return (last.on, last.mark.digest) if last and last.mark else None


def test_first_apply_enables_and_repeat_is_a_no_op() -> None:
    held = Held()
    held.apply("a")
    assert held.recurring == [RecurringRun("1", True, Mark("a", 1))]
    assert plan_apply(held.recurring, "a") == ()


def test_a_paused_schedule_stays_paused_when_it_changes() -> None:
    held = Held()
    held.apply("a")
    held.execute(plan_pause)
    held.apply("b")
    assert [(each.on, each.mark.digest) for each in held.recurring] == [(False, "b")]
    assert plan_apply(held.recurring, "b") == ()
    held.execute(plan_resume)
    assert [each.on for each in held.recurring] == [True]


@pytest.mark.parametrize("paused", [False, True])
@given(
    cut=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.booleans()), max_size=6)
)
def test_interrupted_changes_are_completed(cut: list[tuple[str, int, bool]], paused: bool) -> None:
    held = Held()
    held.apply("z")
    if paused:
        held.execute(plan_pause)
    for digest, until, fires in cut:
        held.apply(digest, until=until)
        assert is_on(held.recurring) != paused
        if fires:
            held.busy |= {each.id for each in held.recurring if each.on}
    held.apply("end")
    assert held.current == (not paused, "end")
    assert {each.id for each in superseded(held.recurring)} <= held.busy
    assert not any(each.on for each in superseded(held.recurring))
    held.busy.clear()
    held.apply("end")
    assert [(each.on, each.mark.digest) for each in held.recurring] == [(not paused, "end")]


@pytest.mark.parametrize(("plan", "left"), [(plan_pause, False), (plan_resume, True)])
@pytest.mark.parametrize("busy", [False, True])
@given(until=st.integers(0, 4))
def test_interrupted_change_can_be_paused_and_resumed(
    plan: Plan, left: bool, busy: bool, until: int
) -> None:
    held = Held()
    held.apply("a")
    held.busy |= {"1"} if busy else set()
    held.apply("b", until=until)
    held.execute(plan)
    assert sum(each.on for each in held.recurring) == left
    assert held.current == (left, "b" if until else "a")


@given(until=st.integers(0, 4), busy=st.sets(st.sampled_from(["1", "2"])))
def test_delete_waits_for_active_runs(until: int, busy: set[str]) -> None:
    held = Held()
    held.apply("a")
    held.busy = busy
    held.apply("b", until=until)
    there = {each.id for each in held.recurring}
    held.delete()
    assert not any(each.on for each in held.recurring)
    assert bool(held.recurring) == bool(there & busy)
    held.busy = set()
    held.delete()
    assert held.recurring == []


def test_reverted_setting_is_a_new_revision_while_a_run_is_active() -> None:
    held = Held(busy={"1"})
    held.apply("a")
    held.apply("b")
    held.apply("a")
    assert [(each.id, each.on) for each in held.recurring] == [("1", False), ("3", True)]
    held.execute(plan_pause)
    held.execute(plan_resume)
    assert held.current == (True, "a")


def test_concurrent_creations_are_merged() -> None:
    mark = Mark("a", 1)
    held = Held([RecurringRun("x", False, mark), RecurringRun("y", True, mark)])
    held.apply("a")
    assert [each.id for each in held.recurring] == ["y"]


def test_mark_round_trip() -> None:
    mark = Mark("0123456789ab", 7)
    assert Mark.read(f"by CI: {mark}") == mark
    assert Mark.read("every week") is None
    with pytest.raises(UserError, match="created by other means"):
        check_ownership([RecurringRun("x", True, None)], "weekly")
