"""The factors of the learning rate schedules."""

import pytest

from kubenas.training.fit.rate_schedule import RateSchedule
from kubenas.trial import RateScheduleName


def test_wsd_is_constant_after_the_warm_up_and_decays_to_zero_at_the_end() -> None:
    schedule = RateSchedule("wsd", 30)
    assert schedule.decay_start == 20
    assert schedule.factor(0.5) == 0.5
    assert [schedule.factor(epoch) for epoch in (1, 10, 20, 25, 30)] == [1, 1, 1, 0.5, 0]


def test_cosine_decays_from_the_warm_up_to_the_end() -> None:
    schedule = RateSchedule("cosine", 21)
    assert [schedule.factor(epoch) for epoch in (1, 11, 21)] == pytest.approx([1, 0.5, 0])
    assert schedule.decay_start == 21


@pytest.mark.parametrize("epochs", [1, 2, 3, 5])
@pytest.mark.parametrize("name", ["cosine", "wsd"])
def test_a_short_training_warms_up_and_decays(name: RateScheduleName, epochs: int) -> None:
    schedule = RateSchedule(name, epochs)
    steps = [schedule.factor((step + 0.5) * epochs / 100) for step in range(100)]
    assert all(0 < factor <= 1 for factor in steps)
    assert max(steps) > 0.9
    assert steps[0] < 0.2
    assert steps[-1] < 0.1


def test_the_optimisers_own_rate_is_not_changed() -> None:
    assert {RateSchedule("none", 5).factor(position) for position in (0, 2.5, 5)} == {1.0}


@pytest.mark.parametrize(
    ("seconds", "planned"), [(1000.0, 30), (105.3, 20), (25.0, 12), (3.0, 11), (-1.0, 11)]
)
def test_a_training_is_shortened_to_end_within_the_time(seconds: float, planned: int) -> None:
    schedule = RateSchedule("wsd", 30).within(seconds, done=10, epoch_seconds=10, fewest=1)
    assert schedule == RateSchedule("wsd", planned)


def test_a_training_without_time_for_an_epoch_may_end() -> None:
    schedule = RateSchedule("wsd", 30).within(5, done=10, epoch_seconds=10, fewest=0)
    assert schedule.epochs == 10
