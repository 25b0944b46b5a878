"""What a training leaves of its model: weights, and predictions by which a rebuilt one is known.

As in Keras-Tuner the model itself is not saved: ``build`` makes it again at the same
hyperparameters. So it may hold what Keras cannot save: lambdas, classes without ``get_config``.
"""

import io

import keras
import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.loading import load_split
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
    """What ``build`` made at the same hyperparameters is another model than the trained one."""


def write_trained_weights(attempt: Attempt, model: keras.Model) -> None:
    """Writes ``model.weights.h5`` and the predictions for the first validation examples.

    Raises:
        NotANumber: these are infinite or no numbers.
    """
    path = attempt.scratch / WEIGHTS_FILE
    predictions = _sample_predictions(attempt, model)
    if not np.isfinite(predictions).all():
        raise NotANumber("the trained model's predictions are not numbers")
    model.save_weights(path)
    buffer = io.BytesIO()
    np.save(buffer, predictions, allow_pickle=False)
    attempt.storage.write(WEIGHTS_FILE, path.read_bytes())
    attempt.storage.write(SAMPLE_PREDICTIONS_FILE, buffer.getvalue())


def rebuild_trained_model(attempt: Attempt) -> Candidate:
    """The candidate whose weights the spec names, built again at the spec's hyperparameters.

    Raises:
        AttemptFailed: it cannot be built, the weights do not fit it, or it predicts otherwise.
    """
    folder, _ = split(attempt.model)
    candidate = build_trial_candidate(attempt)
    model = candidate.model
    with classify_errors(Phase.REBUILDING, user_file=user_file(attempt)):
        model.load_weights(attempt.fetch_model())
        told = open_storage(folder).read(SAMPLE_PREDICTIONS_FILE)
        expected = np.load(io.BytesIO(told), allow_pickle=False)
        _check_same(_sample_predictions(attempt, model), expected, tolerance_of(model))
    return candidate


def _sample_predictions(attempt: Attempt, model: keras.Model) -> _Floats:
    """Float32 of shape (examples, classes). Not by ``predict``, which traces the model first."""
    examples = load_split(attempt.dataset, "validation", batch_size=_EXAMPLES)
    images, _labels = next(iter(examples))
    return np.asarray(model(images, training=False), np.float32)


def _check_same(rebuilt: _Floats, trained: _Floats, tolerance: float) -> None:
    difference = largest_difference(rebuilt, trained)
    if not difference <= tolerance:
        raise RebuiltModelDiffers(
            f"the model that build() makes again differs from the trained one by {difference:.2g}"
            f" on {len(trained)} validation pictures, more than {tolerance:.0e}: build() must give"
            " the same model for the same hyperparameters"
        )
