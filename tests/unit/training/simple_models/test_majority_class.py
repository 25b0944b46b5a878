"""Tests of the majority class."""

import pytest

from kubenas.data.dataset.schema import DataSchema, Normalization, Split
from kubenas.training.evaluation import wilson_interval
from kubenas.training.simple_models.majority_class import evaluate_majority_class, majority_class


def schema(train: tuple[int, ...], test: tuple[int, ...]) -> DataSchema:
    counts = {"train": train, "validation": test, "test": test}
    return DataSchema(
        task="image-classification",
        digest="d",
        shape=(8, 8, 1),
        dtype="uint8",
        classes=tuple("abc"[: len(train)]),
        splits={
            name: Split(examples=sum(each), shards=(), class_counts=each)
            for name, each in counts.items()
        },
        normalization=Normalization(mean=(0.0,), variance=(1.0,)),
    )


def test_a_class_with_60_percent_gives_60_percent() -> None:
    model = evaluate_majority_class(schema((10, 70, 20), (20, 60, 20)))
    assert (model.accuracy, model.examples, model.trained_on) == (0.6, 100, 100)
    assert model.accuracy_interval == wilson_interval(60, 100)


@pytest.mark.parametrize(("train", "right"), [((10, 90), 25), ((90, 10), 75), ((50, 50), 75)])
def test_the_class_is_that_of_the_training_split(train: tuple[int, ...], right: int) -> None:
    given = schema(train, (75, 25))
    assert evaluate_majority_class(given).correct == right
    assert majority_class(given) == (0 if right == 75 else 1)
