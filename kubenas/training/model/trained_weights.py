"""Saving the weights of a trained model, and rebuilding the model from them.

As in Keras-Tuner, the model itself is not saved: ``build`` creates it again from the same
hyperparameters. The model may therefore contain objects that Keras cannot save, such as lambdas and
classes without ``get_config``. Saved sample predictions verify the rebuilt model.
"""

import io

import keras
import numpy as np
import numpy.typing as npt

from kubenas.data.loading import load_split
from kubenas.errors import KubenasError
from kubenas.storage import open_storage, split
from kubenas.training.model.candidate import Candidate, build_trial_candidate, user_file
from kubenas.training.model.tolerance import largest_difference, tolerance_of
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import NotANumber, Phase, classify_errors

WEIGHTS_FILE = "model.weights.h5"
SAMPLE_PREDICTIONS_FILE = "sample_predictions.npy"
_EXAMPLES = 32

_Floats = npt.NDArray[np.floating]


class RebuiltModelDiffers(KubenasError):
    """The model rebuilt from the same hyperparameters predicts other values."""


def write_trained_weights(attempt: Attempt, model: keras.Model) -> None:
    """Writes ``model.weights.h5`` and the predictions for the first validation examples.

    Raises:
        NotANumber: a prediction is NaN or infinite.
    """
    path = attempt.scratch / WEIGHTS_FILE
    predictions = _sample_predictions(attempt, model)
    if not np.isfinite(predictions).all():
        raise NotANumber("the trained model predicts NaN or infinite values")
    model.save_weights(path)
    buffer = io.BytesIO()
    np.save(buffer, predictions, allow_pickle=False)
    attempt.storage.write(WEIGHTS_FILE, path.read_bytes())
    attempt.storage.write(SAMPLE_PREDICTIONS_FILE, buffer.getvalue())


def rebuild_trained_model(attempt: Attempt) -> Candidate:
    """Rebuilds the candidate from the spec's hyperparameters and loads the spec's weights.

    Raises:
        AttemptFailed: the model cannot be built, the weights do not match it, or the sample
            predictions differ.
    """
    folder, _ = split(attempt.model)
    candidate = build_trial_candidate(attempt)
    model = candidate.model
    with classify_errors(Phase.REBUILDING, user_file=user_file(attempt)):
        model.load_weights(attempt.fetch(attempt.model))
        saved = open_storage(folder).read(SAMPLE_PREDICTIONS_FILE)
        expected = np.load(io.BytesIO(saved), allow_pickle=False)
        _check_same(_sample_predictions(attempt, model), expected, tolerance_of(model))
    return candidate


def _sample_predictions(attempt: Attempt, model: keras.Model) -> _Floats:
    """Returns float32 (examples, classes). Avoids ``predict``, which traces the model."""
    examples = load_split(attempt.dataset, "validation", batch_size=_EXAMPLES)
    images, _labels = next(iter(examples))
    return np.asarray(model(images, training=False), np.float32)


def _check_same(rebuilt: _Floats, trained: _Floats, tolerance: float) -> None:
    difference = largest_difference(rebuilt, trained)
    if not difference <= tolerance:
        raise RebuiltModelDiffers(
            f"predictions of the rebuilt and the trained model differ by {difference:.2g}"
            f" (tolerance {tolerance:.0e}, {len(trained)} validation images): build() must return"
            " the same model for the same hyperparameters"
        )
