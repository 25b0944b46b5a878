"""A training with averaged weights keeps the model that its score belongs to."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kubenas.data.dataset.loading import load_split
from kubenas.training.fit.checkpoint import load_checkpoint
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from tests.unit.training.conftest import MakeSpec


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
    images, labels = next(iter(load_split(Path(digits), "validation", batch_size=10_000)))
    values = images.numpy().reshape(len(labels), -1) @ kernel + bias
    expected = keras.ops.softmax(values).numpy()
    kept = np.load(Path(spec.prefix, "sample_predictions.npy"))
    np.testing.assert_allclose(kept, expected[: len(kept)], atol=1e-5)
    accuracy = (expected.argmax(axis=1) == labels.numpy()).mean()
    assert with_validation or result.score == pytest.approx(accuracy, abs=1e-6)
