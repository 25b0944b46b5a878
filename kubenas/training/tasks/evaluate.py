"""The EVALUATE task: evaluates an exported model on the test split."""

import importlib
import io
import logging
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from kubenas.data.kinds.registry import example_kind, example_tensors
from kubenas.data.loading import load_raw
from kubenas.training.evaluation import (
    EVALUATION_FILE,
    PREDICTIONS_FILE,
    ComparedModel,
    evaluate_predictions,
)
from kubenas.training.model.exported_model import load_exported
from kubenas.training.model.measure import measure_cost
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import AttemptFailed, Phase, classify_errors
from kubenas.training.simple_models.default_network import evaluate_default_network
from kubenas.training.simple_models.majority_class import evaluate_majority_class
from kubenas.trial import Outcome, Result

_LOG = logging.getLogger(__name__)
_BATCH_SIZE = 256


def evaluate(attempt: Attempt) -> Result:
    """Writes ``evaluation.json`` and ``predictions.npz`` (labels, probabilities).

    The input is raw examples. The preprocessing is part of the model, since its data set may differ
    from the data set of the evaluation. Simple models are evaluated too if the spec says so.

    Raises:
        AttemptFailed: the model cannot be loaded or does not match the data set.
    """
    model = load_exported(attempt)
    examples = load_raw(attempt.dataset, "test", batch_size=_BATCH_SIZE)
    with classify_errors(Phase.OTHER):
        labels, probabilities = predict(model.predict, examples)
        evaluation = evaluate_predictions(
            labels, probabilities, classes=attempt.schema.classes, model=attempt.spec.model or ""
        )
        if attempt.spec.simple_models:
            simple_models = evaluate_simple_models(attempt)
            evaluation = evaluation.model_copy(update={"simple_models": simple_models})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, labels=labels, probabilities=probabilities)
    attempt.storage.write(PREDICTIONS_FILE, buffer.getvalue())
    attempt.storage.write(EVALUATION_FILE, evaluation.to_json())
    cost = measure_cost(model.predict, example_tensors(attempt.schema).raw_spec)
    return Result(
        task=attempt.spec.task,
        trial=attempt.spec.trial,
        attempt=attempt.spec.attempt,
        outcome=Outcome.COMPLETED,
        score=evaluation.accuracy,
        metrics={
            "loss": evaluation.loss,
            "accuracy": evaluation.accuracy,
            "macro_f1": evaluation.macro_f1,
            "calibration_error": evaluation.calibration_error,
            "model_mib": model.weights_mib,
        },
        parameters=model.parameters,
        flops=cost.flops,
        latency_ms=cost.latency_ms,
        artifacts={"evaluation": EVALUATION_FILE, "predictions": PREDICTIONS_FILE},
    )


def evaluate_simple_models(attempt: Attempt) -> tuple[ComparedModel, ...]:
    """Evaluates the default network and simple models on the test split.

    A default or pretrained network that cannot be evaluated is left out: the network's own
    evaluation counts.

    Raises:
        StorageError: The data set is damaged.
    """
    models = (
        _evaluate_default_network(attempt),
        _evaluate_pretrained_network(attempt),
        _evaluate_linear_model(attempt),
        evaluate_majority_class(attempt.schema),
    )
    return tuple(model for model in models if model is not None)


def _evaluate_linear_model(attempt: Attempt) -> ComparedModel | None:
    # scikit-learn takes seconds to load, and other tasks do not need it.
    module = importlib.import_module(example_kind(attempt.schema.kind).linear_model)
    model: ComparedModel | None = module.evaluate_linear_model(attempt.dataset)
    return model


def _evaluate_default_network(attempt: Attempt) -> ComparedModel | None:
    if attempt.spec.default_network is None:
        return None
    try:
        return evaluate_default_network(attempt, attempt.spec.default_network)
    except AttemptFailed as error:
        _LOG.warning("the default network was not evaluated: %s", error)
        return None


def _evaluate_pretrained_network(attempt: Attempt) -> ComparedModel | None:
    space = attempt.spec.backbone
    if space is None:
        return None
    if attempt.spec.host_ooms:
        _LOG.warning("the pretrained network was not evaluated: an attempt ran out of memory")
        return None
    # Loads scikit-learn, as above.
    from kubenas.training.simple_models.pretrained_network import (  # noqa: PLC0415
        evaluate_pretrained_network,
    )

    try:
        with classify_errors(Phase.OTHER):
            return evaluate_pretrained_network(attempt.dataset, space)
    except AttemptFailed as error:
        _LOG.warning("the pretrained network was not evaluated: %s", error)
        return None


def predict(
    model: Callable[[tf.Tensor], tf.Tensor], examples: tf.data.Dataset
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the labels (int32) and probabilities (float32) of all ``examples`` in order."""
    labels: list[np.ndarray] = []
    probabilities: list[np.ndarray] = []
    for inputs, truth in examples:
        labels.append(truth.numpy())
        probabilities.append(np.asarray(model(inputs)))
    return np.concatenate(labels), np.concatenate(probabilities).astype(np.float32)
