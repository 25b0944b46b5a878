"""The examples that a model is trained on."""

from pathlib import Path

import tensorflow as tf

from kubenas.data.dataset.schema import SplitName
from kubenas.data.loading import Shards, load_split
from kubenas.trial import TrainingPlan


def split_names(plan: TrainingPlan) -> tuple[SplitName, ...]:
    """Returns the splits that a model is trained on."""
    return ("train", "validation") if plan.with_validation else ("train",)


def training_examples(
    dataset: Path | Shards, plan: TrainingPlan, *, shuffle_seed: int
) -> tf.data.Dataset:
    """Returns batches of the training split, mixed with the validation split if ``plan`` says so.

    The batches are those of :func:`load_split`, in another order in each epoch. A batch has
    examples of one split only.

    Raises:
        StorageError: the data set is missing or damaged.
    """
    parts = [
        load_split(dataset, name, batch_size=plan.batch_size, shuffle_seed=shuffle_seed)
        for name in split_names(plan)
    ]
    return parts[0] if len(parts) == 1 else _mixed(parts, shuffle_seed)


def _mixed(parts: list[tf.data.Dataset], seed: int) -> tf.data.Dataset:
    sizes = [int(part.cardinality()) for part in parts]
    mixed = tf.data.Dataset.sample_from_datasets(
        parts,
        weights=[size / sum(sizes) for size in sizes],
        seed=seed,
        stop_on_empty_dataset=False,
        rerandomize_each_iteration=True,
    )
    return mixed.apply(tf.data.experimental.assert_cardinality(sum(sizes)))
