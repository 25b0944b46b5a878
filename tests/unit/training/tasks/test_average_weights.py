"""A training with averaged weights keeps the model that its score belongs to."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kubenas.data.loading import load_split
from kubenas.training.fit.checkpoint import Array, load_checkpoint
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import AttemptSpec
from tests.unit.training.conftest import LINEAR, MakeSpec

OWN_SCORE = """
    def fit(self, hp, model, batches, validation_data, callbacks, **kwargs):
        model.fit(batches, epochs=2, callbacks=callbacks, verbose=0)
        return model.evaluate(validation_data, verbose=0, return_dict=True)["accuracy"]
"""


def check_kept(
    spec: AttemptSpec, weights: tuple[Array, ...], digits: str, *, accuracy: float | None
) -> None:
    """Checks that the kept model has ``weights``, and that their accuracy is ``accuracy``."""
    kernel, bias = weights
    images, labels = next(iter(load_split(Path(digits), "validation", batch_size=10_000)))
    values = images.numpy().reshape(len(labels), -1) @ kernel + bias
    expected = keras.ops.softmax(values).numpy()
    kept = np.load(Path(spec.prefix, "sample_predictions.npy"))
    np.testing.assert_allclose(kept, expected[: len(kept)], atol=1e-5)
    measured = (expected.argmax(axis=1) == labels.numpy()).mean()
    assert accuracy is None or accuracy == pytest.approx(measured, abs=1e-6)


@pytest.mark.parametrize("with_validation", [False, True])
def test_the_kept_model_is_the_average(
    make_spec: MakeSpec, digits: str, with_validation: bool
) -> None:
    plan = {
        "average_decay": 0.9,
        "keep_model": True,
        "keep_checkpoint": True,
        "with_validation": with_validation,
    }
    spec = make_spec(plan=plan)
    result = run_task(spec, Termination())
    state = load_checkpoint(f"{spec.prefix}/checkpoint")
    kernel, bias = state.scored_weights if with_validation else state.best_weights
    assert any(
        (one != other).any() for one, other in zip((kernel, bias), state.weights, strict=True)
    )
    check_kept(spec, (kernel, bias), digits, accuracy=None if with_validation else result.score)


def test_a_score_of_the_users_fit_is_that_of_the_average(make_spec: MakeSpec, digits: str) -> None:
    plan = {"average_decay": 0.9, "keep_model": True, "keep_checkpoint": True}
    spec = make_spec(source=LINEAR + OWN_SCORE, plan=plan)
    result = run_task(spec, Termination())
    state = load_checkpoint(f"{spec.prefix}/checkpoint")
    assert state.average is not None
    check_kept(spec, state.average, digits, accuracy=result.score)
