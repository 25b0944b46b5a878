"""The epoch whose weights are kept."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from kubenas.training.fit.best_epoch import BestEpoch
from kubenas.training.fit.checkpoint import TrainingState
from kubenas.training.fit.history import EpochRecord
from kubenas.training.fit.kept_weights import kept_epoch, restore_kept_weights
from kubenas.trial import TrainingPlan

BEST, LAST = (np.full((2, 1), 1.0, np.float32),), (np.full((2, 1), 3.0, np.float32),)
STATE = TrainingState(
    history=tuple(EpochRecord(epoch=epoch, seconds=1.0, metrics={}) for epoch in range(3)),
    best=BestEpoch("max", epoch=0, score=0.9, waited=2),
    weights=LAST,
    optimizer=(),
    best_weights=BEST,
    fits=1,
)


def plan_of(*, with_validation: bool) -> TrainingPlan:
    return TrainingPlan(
        epochs=3, batch_size=8, patience=0, seed=1, objective="val_accuracy", direction="max",
        with_validation=with_validation,
    )  # fmt: skip


@pytest.mark.parametrize(("with_validation", "epoch", "weight"), [(False, 0, 1.0), (True, 2, 3.0)])
def test_the_last_epoch_is_kept_if_no_score_tells_the_best(
    with_validation: bool, epoch: int, weight: float
) -> None:
    plan = plan_of(with_validation=with_validation)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    restore_kept_weights(plan, STATE, model)
    assert kept_epoch(plan, STATE) == epoch
    assert model.get_weights()[0].max() == weight


def test_the_final_weights_are_kept_if_the_best_epoch_is_unknown() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    before = model.get_weights()[0]
    plan, state = plan_of(with_validation=False), replace(STATE, best=BestEpoch("max"))
    restore_kept_weights(plan, state, model)
    assert kept_epoch(plan, state) is None
    assert (model.get_weights()[0] == before).all()
