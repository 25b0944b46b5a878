"""The batches of a trial: weights of the classes in training, none in validation."""

import numpy as np
import pytest

from kubenas.training.fit.class_weights import balanced_weights
from kubenas.training.model.candidate import build_trial_candidate
from kubenas.training.process.attempt import open_attempt
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.batches import training_batches, validation_batches
from kubenas.training.tasks.run import run_task
from tests.unit.training.conftest import LINEAR, MakeSpec

ONE_HOT = LINEAR.replace("sparse_categorical_crossentropy", "categorical_crossentropy")


@pytest.mark.parametrize("source", [LINEAR, ONE_HOT])
@pytest.mark.parametrize("splits", [("train",), ("train", "validation")])
def test_an_example_has_the_balanced_weight_of_its_class(
    make_spec: MakeSpec, source: str, splits: tuple[str, ...]
) -> None:
    plan = {"class_weights": "balanced", "with_validation": len(splits) == 2}
    spec = make_spec(source=source, plan=plan)
    with open_attempt(spec, TrackedHyperparameters(None), Termination()) as attempt:
        candidate = build_trial_candidate(attempt)
        counts = [attempt.schema.splits[split].class_counts for split in splits]  # type: ignore[index]
        weights = np.array(balanced_weights(np.sum(counts, axis=0).tolist()))
        batches = list(training_batches(attempt, candidate, first_epoch=0).as_numpy_iterator())
        assert all(len(batch) == 2 for batch in validation_batches(attempt, candidate))
    labels, found = (np.concatenate([batch[place] for batch in batches]) for place in (1, 2))
    classes = labels.argmax(axis=1) if source == ONE_HOT else labels
    np.testing.assert_allclose(found, weights[classes], rtol=1e-6)
    assert found.mean() == pytest.approx(1)


def test_a_training_with_weights_ends_with_a_score(make_spec: MakeSpec) -> None:
    result = run_task(make_spec(plan={"class_weights": "balanced"}), Termination())
    assert result.outcome == "completed", result.message
    assert result.metrics["val_accuracy"] > 0.5
