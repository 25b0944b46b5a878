"""The simple model that always predicts the most frequent class of the training split."""

from kubenas.data.dataset.schema import DataSchema
from kubenas.training.evaluation import ComparedModel


def majority_class(schema: DataSchema) -> int:
    """Returns the index of the most frequent class of the training split, the first of equals."""
    counts = schema.splits["train"].class_counts
    return max(range(len(counts)), key=counts.__getitem__)


def evaluate_majority_class(schema: DataSchema) -> ComparedModel:
    """Returns the test result of the most frequent class of the training split."""
    train, test = schema.splits["train"], schema.splits["test"]
    return ComparedModel(
        kind="majority",
        correct=test.class_counts[majority_class(schema)],
        examples=test.examples,
        trained_on=train.examples,
        train_seconds=0.0,
    )
