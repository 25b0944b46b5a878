"""The simple model for texts: logistic regression on TF-IDF weights of words and pairs of words.

Its work is bounded by the number and size of examples, of features and of iterations, not by the
clock. Of each text it reads the beginning, as many words or characters as a network reads.
"""

import time
from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from kubenas.data.dataset.schema import DataSchema, SplitName, TextForm
from kubenas.data.loading import Shards, load_raw
from kubenas.training.evaluation import ComparedModel
from kubenas.training.simple_models.linear_model import count_correct, fit_linear_model

_TRAIN_EXAMPLES = 50_000
_VALIDATION_EXAMPLES = 5_000
_TEXT_BYTES = 24 << 20
"""Maximum size of the texts of a sample, in UTF-8. The vectorizer counts all words and pairs before
it chooses the features, which takes up to about 100 times as much memory."""
_FEATURES = 100_000
_STRENGTHS = (0.3, 1.0, 3.0, 10.0)
"""Inverse strengths of the L2 regularisation (``C`` of scikit-learn), strongest first."""
_ITERATIONS = 100
_BATCH_SIZE = 64
"""A text has up to 1 MiB."""

_Labels = npt.NDArray[np.int32]
_Examples = tuple[list[str], _Labels]


def evaluate_linear_model(shards: Shards) -> ComparedModel | None:
    """Trains the model and evaluates it on the test split.

    Returns None if the examples that it would be trained on have a single class, or no words.

    Raises:
        StorageError: The data set is damaged.
    """
    texts, labels = _first(shards, "train", _TRAIN_EXAMPLES)
    if len(np.unique(labels)) < 2:
        return None
    started = time.perf_counter()
    vectorizer = _vectorizer(shards.schema.text_form)
    try:
        vectors = vectorizer.fit_transform(texts)
    except ValueError:  # no word is left
        return None
    held_out, truth = _first(shards, "validation", _VALIDATION_EXAMPLES)
    validation = vectorizer.transform(held_out), truth
    model = fit_linear_model((vectors, labels), validation, _ITERATIONS, _STRENGTHS)
    seconds = time.perf_counter() - started
    correct = [
        count_correct(model, (vectorizer.transform(some), true))
        for some, true in _batches(shards, "test")
    ]
    return ComparedModel(
        kind="linear",
        correct=sum(correct),
        examples=shards.schema.splits["test"].examples,
        trained_on=len(labels),
        train_seconds=seconds,
    )


def _vectorizer(form: TextForm) -> TfidfVectorizer:
    if form.split == "character":
        return TfidfVectorizer(
            analyzer="char", ngram_range=(1, 3), sublinear_tf=True, max_features=_FEATURES
        )
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=_FEATURES)


def _first(shards: Shards, split: SplitName, examples: int) -> _Examples:
    """Returns the first examples of a split, whose order is random, within the bounds."""
    texts: list[str] = []
    labels: list[int] = []
    free = _TEXT_BYTES
    for text, label in islice(_examples(shards, split), examples):
        free -= len(text.encode())
        if free < 0:
            break
        texts.append(text)
        labels.append(label)
    return texts, np.array(labels, np.int32)


def _examples(shards: Shards, split: SplitName) -> Iterator[tuple[str, int]]:
    for texts, labels in _batches(shards, split):
        yield from zip(texts, labels.tolist(), strict=True)


def _batches(shards: Shards, split: SplitName) -> Iterator[_Examples]:
    # Without the memory cache, which would read the whole split for its first examples.
    for texts, labels in load_raw(shards, split, batch_size=_BATCH_SIZE, in_memory_bytes=0):
        yield [_beginning(text.decode(), shards.schema) for text in texts.numpy()], labels.numpy()


def _beginning(text: str, schema: DataSchema) -> str:
    """Returns as many words or characters as a network reads at most."""
    (length,) = schema.shape
    if schema.text_form.split == "character":
        return text[:length]
    return " ".join(text.split(maxsplit=length)[:length])
