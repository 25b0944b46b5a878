"""The batches that a trial is trained and validated on, as its model and its plan need them."""

import tensorflow as tf

from kubenas.data.loading import load_split
from kubenas.spaces.image_hypermodel import ImageHyperModel
from kubenas.training.fit.class_weights import balanced_weights, weigh
from kubenas.training.fit.examples import split_names, training_examples
from kubenas.training.fit.label_format import one_hot, takes_one_hot
from kubenas.training.model.candidate import Candidate
from kubenas.training.process.attempt import Attempt


def training_batches(
    attempt: Attempt, candidate: Candidate, *, first_epoch: int
) -> tf.data.Dataset:
    """Returns the training batches. A resumed training uses new shuffle orders."""
    seed = attempt.plan.seed + first_epoch
    examples = training_examples(attempt.dataset, attempt.plan, shuffle_seed=seed)
    examples = _labelled(examples, attempt, candidate)
    if isinstance(candidate.hypermodel, ImageHyperModel):
        examples = candidate.hypermodel.mix(candidate.hp, examples, seed=seed)
    if attempt.plan.class_weights == "balanced":
        examples = weigh(examples, balanced_weights(_class_counts(attempt)))
    return examples


def validation_batches(attempt: Attempt, candidate: Candidate) -> tf.data.Dataset:
    """Returns the validation batches, in file order."""
    examples = load_split(attempt.dataset, "validation", batch_size=attempt.plan.batch_size)
    return _labelled(examples, attempt, candidate)


def _class_counts(attempt: Attempt) -> list[int]:
    """Returns the numbers of training examples of each class."""
    names = split_names(attempt.plan)
    splits = [attempt.schema.splits[name] for name in names]
    return [sum(counts) for counts in zip(*(split.class_counts for split in splits), strict=True)]


def _labelled(examples: tf.data.Dataset, attempt: Attempt, candidate: Candidate) -> tf.data.Dataset:
    """Returns ``examples`` with labels in the format of the model's loss."""
    if not takes_one_hot(candidate.model):
        return examples
    return one_hot(examples, len(attempt.schema.classes))
