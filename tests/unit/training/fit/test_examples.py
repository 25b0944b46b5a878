"""The examples that a model is trained on: the training split, and the validation split with it."""

from pathlib import Path

import numpy as np

from kubenas.data.dataset.schema import read_schema
from kubenas.data.loading import load_split
from kubenas.storage import open_storage
from kubenas.training.fit.examples import training_examples
from kubenas.training.fit.history import history_from_jsonl
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import Outcome, TrainingPlan
from tests.unit.training.conftest import MakeSpec


def plan_of(spec_plan: TrainingPlan | None, *, with_validation: bool) -> TrainingPlan:
    assert spec_plan is not None
    return spec_plan.model_copy(update={"with_validation": with_validation})


def images(batches: object) -> list[bytes]:
    """The examples as bytes, sorted."""
    arrays = [x for x, _ in batches.as_numpy_iterator()]  # type: ignore[attr-defined]
    return sorted(image.tobytes() for image in np.concatenate(arrays))


def test_both_splits_are_mixed_and_complete(digits: str, make_spec: MakeSpec) -> None:
    folder = Path(digits)
    plan = plan_of(make_spec().training, with_validation=True)
    mixed = training_examples(folder, plan, shuffle_seed=1)
    expected = [
        image
        for split in ("train", "validation")
        for image in images(load_split(folder, split, batch_size=128))
    ]
    assert images(mixed) == sorted(expected)
    assert images(mixed) == sorted(expected)  # also in the next epoch
    assert int(mixed.cardinality()) == len(list(mixed))


def test_trials_do_not_see_the_validation_split(digits: str, make_spec: MakeSpec) -> None:
    plan = plan_of(make_spec().training, with_validation=False)
    batches = training_examples(Path(digits), plan, shuffle_seed=1)
    schema = read_schema(open_storage(digits))
    assert len(images(batches)) == schema.splits["train"].examples


def test_a_model_is_trained_on_both_splits(make_spec: MakeSpec) -> None:
    trained = {"with_validation": True, "keep_model": True, "schedule": "wsd", "epochs": 3}
    spec = make_spec(plan=trained)
    result = run_task(spec, Termination())
    assert (result.outcome, result.epochs, result.best_epoch) == (Outcome.COMPLETED, 3, 2)
    assert result.score == result.metrics["val_accuracy"] > 0.3
    history = history_from_jsonl(Path(spec.prefix, "history.jsonl").read_bytes())
    assert all("val_accuracy" not in epoch.metrics for epoch in history)
