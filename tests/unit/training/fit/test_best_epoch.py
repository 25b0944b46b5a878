"""Tests of the best epoch and of early stopping."""

import math

import pytest

from kubenas.training.fit.best_epoch import BestEpoch


def after(direction: str, *scores: float) -> BestEpoch:
    best = BestEpoch(direction)  # type: ignore[arg-type]
    for epoch, score in enumerate(scores):
        best = best.observe(epoch, score)
    return best


@pytest.mark.parametrize(
    ("direction", "scores", "epoch", "waited"),
    [
        ("max", [0.1, 0.3, 0.2], 1, 1),
        ("min", [0.3, 0.1, 0.2], 1, 1),
        ("max", [0.3, 0.3, 0.3], 0, 2),
        ("min", [-math.inf, 1.0], 0, 1),
    ],
)
def test_the_best_is_by_direction_and_the_earlier_of_equals(
    direction: str, scores: list[float], epoch: int, waited: int
) -> None:
    best = after(direction, *scores)
    assert (best.epoch, best.score, best.waited) == (epoch, scores[epoch], waited)


def test_patience_counts_epochs_without_improvement() -> None:
    best = after("max", 0.5, 0.4, 0.4)
    assert best.exhausted(2)
    assert not best.exhausted(3)
    assert not best.exhausted(0)
    assert not best.observe(3, 0.6).exhausted(1)


def test_nan_is_no_score() -> None:
    with pytest.raises(ValueError, match="epoch 0: the score is NaN"):
        after("max", math.nan)
