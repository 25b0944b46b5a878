"""The default network of the space, trained like the chosen network."""

import numpy as np

from kubenas.data.loading import load_split
from kubenas.training.evaluation import ComparedModel
from kubenas.training.model.candidate import build_model, load_space
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import Phase, classify_errors
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.trial import TrainedNetwork

_BATCH_SIZE = 64


def evaluate_default_network(attempt: Attempt, network: TrainedNetwork) -> ComparedModel:
    """Evaluates ``network``, of a registered space, on the test split.

    Raises:
        AttemptFailed: The network cannot be rebuilt from its weights.
        StorageError: The data set is damaged.
    """
    hyperparameters = TrackedHyperparameters(network.hyperparameters)
    with classify_errors(Phase.REBUILDING):
        model = build_model(attempt, load_space(attempt), hyperparameters.hp)
        model.load_weights(attempt.fetch(network.weights))
        batches = load_split(attempt.dataset, "test", batch_size=_BATCH_SIZE)
        correct = [
            int((np.asarray(model(images, training=False)).argmax(axis=1) == labels.numpy()).sum())
            for images, labels in batches
        ]
    splits = attempt.schema.splits
    return ComparedModel(
        kind="default",
        correct=sum(correct),
        examples=splits["test"].examples,
        trained_on=splits["train"].examples,
        train_seconds=network.seconds,
    )
