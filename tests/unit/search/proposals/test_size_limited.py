"""Limits on the sizes of networks by the speed of the first training."""

import pytest

from kubenas.search.journal import Ended
from kubenas.search.proposals.proposer import Proposal
from kubenas.search.proposals.size_limited import measured_speed
from kubenas.trial import Outcome


def end(**changes: object) -> Ended:
    whole = {"attempt": 1, "epochs": 4, "seconds": 60.0}
    return Ended(at=0.0, trial=0, outcome=Outcome.COMPLETED).model_copy(update={**whole, **changes})


def test_the_speed_is_that_of_a_whole_training() -> None:
    assert measured_speed(Proposal("0", {"filters": 8}), end()) == ({"filters": 8}, 15.0)


@pytest.mark.parametrize(
    "changes", [{"attempt": 2}, {"attempt": None}, {"epochs": 0}, {"outcome": Outcome.FAILED}]
)
def test_other_ends_tell_no_speed(changes: dict[str, object]) -> None:
    """A resumed training counts the seconds of its last attempt alone."""
    assert measured_speed(Proposal("0", {}), end(**changes)) is None


def test_a_continued_training_tells_no_speed() -> None:
    """It counts the epochs of the trial that it continues, but not the seconds."""
    assert measured_speed(Proposal("1", {}, parent="0"), end()) is None
