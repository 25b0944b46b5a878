"""The plan of a schedule's change: cut short anywhere, the next one leaves one recurring run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.cli.kubeflow.schedule_plan import (
    Mark,
    Recurring,
    Step,
    check_ours,
    is_meant_on,
    to_apply,
    to_delete,
    to_pause,
    to_resume,
)
from kubenas.errors import UserError

Plan = Callable[[Sequence[Recurring]], tuple[Step, ...]]


@dataclass
class Held:
    """What a server holds."""

    recurring: list[Recurring] = field(default_factory=list)
    created: int = 0

    def carry_out(self, plan: Plan, *, until: int | None = None) -> None:
        """The steps of ``plan``, or so many of them."""
        for step in plan(tuple(self.recurring))[:until]:
            self._do(step)
            assert sum(each.on for each in self.recurring) <= 1

    def _do(self, step: Step) -> None:
        if step.verb == "create":
            self.created += 1
            self.recurring.append(Recurring(str(self.created), step.on, step.mark))
            return
        (meant,) = [each for each in self.recurring if each.id == (step.id or str(self.created))]
        self.recurring.remove(meant)
        if step.verb == "delete":
            assert not meant.on, "deleted while on"
        else:
            self.recurring.append(replace(meant, on=step.verb == "enable"))

    def apply(self, digest: str, *, until: int | None = None) -> None:
        self.carry_out(lambda existing: to_apply(existing, digest), until=until)


def test_the_first_is_on_and_again_changes_nothing() -> None:
    held = Held()
    held.apply("a")
    assert held.recurring == [Recurring("1", True, Mark("a", 1, True))]
    assert to_apply(held.recurring, "a") == ()


def test_a_paused_schedule_stays_paused_when_it_changes() -> None:
    held = Held()
    held.apply("a")
    held.carry_out(to_pause)
    held.apply("b")
    assert [(each.on, each.mark.digest) for each in held.recurring] == [(False, "b")]
    assert to_apply(held.recurring, "b") == ()
    held.carry_out(to_resume)
    assert [each.on for each in held.recurring] == [True]


@pytest.mark.parametrize("paused", [False, True])
@given(cut=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=6))
def test_after_changes_cut_short_anywhere_one_is_left_as_was_meant(
    cut: list[tuple[str, int]], paused: bool
) -> None:
    held = Held()
    held.apply("z")
    if paused:
        held.carry_out(to_pause)
    for digest, until in cut:
        held.apply(digest, until=until)
        assert is_meant_on(held.recurring) != paused
    held.apply("end")
    assert [(each.on, each.mark.digest) for each in held.recurring] == [(not paused, "end")]


@pytest.mark.parametrize(
    ("plan", "left"), [(to_pause, [False]), (to_resume, [True]), (to_delete, [])]
)
@given(until=st.integers(0, 4))
def test_a_change_cut_short_can_be_paused_resumed_and_deleted(
    plan: Plan, left: list[bool], until: int
) -> None:
    held = Held()
    held.apply("a")
    held.apply("b", until=until)
    held.carry_out(plan)
    assert [each.on for each in held.recurring] == left


def test_two_that_were_created_at_once_become_one() -> None:
    mark = Mark("a", 1, True)
    held = Held([Recurring("x", False, mark), Recurring("y", True, mark)])
    held.apply("a")
    assert [each.id for each in held.recurring] == ["y"]


def test_a_mark_is_read_back_and_others_descriptions_have_none() -> None:
    mark = Mark("0123456789ab", 7, meant_on=False)
    assert Mark.read(f"by CI: {mark}") == mark
    assert Mark.read("every week") is None
    with pytest.raises(UserError, match="made by other means"):
        check_ours([Recurring("x", True, None)], "weekly")
