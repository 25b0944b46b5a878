"""Loading of an exported model, which maps raw examples to class probabilities.

A SavedModel runs without importing the user's code, so a class that was renamed later does no harm.
Only ``model.keras`` needs the code. Some earlier versions exported no SavedModel.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from kubenas.spaces.user_code.importing import modules_in
from kubenas.storage import join, open_storage
from kubenas.training.model.candidate import load_space, user_file
from kubenas.training.model.size import mebibytes
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import Phase, classify_errors

SAVED_MODEL_FOLDER = "saved_model"
SAVED_MODEL_VERSION = "1"
KERAS_FILE = "model.keras"
SIGNATURE = "serving_default"
OUTPUT = "probabilities"


@dataclass(frozen=True)
class ExportedModel:
    """Prediction function and size of an exported model."""

    predict: Callable[[tf.Tensor], tf.Tensor]
    """Maps a batch of examples, as clients send them, to probabilities (batch, classes)."""
    parameters: int
    weights_mib: float


def load_exported(attempt: Attempt) -> ExportedModel:
    """Loads the exported model that the spec names: a SavedModel folder or a ``.keras`` file.

    Raises:
        AttemptFailed: the model cannot be loaded.
    """
    uri = attempt.model
    if uri.endswith(".keras"):
        return _of_keras(attempt)
    with classify_errors(Phase.OTHER):
        folder = open_storage(join(uri, SAVED_MODEL_VERSION)).stage("")
        return _of_saved_model(tf.saved_model.load(str(folder)))


def custom_objects(file: Path | None) -> dict[str, Any]:
    """Returns the callables defined in the user's folder by name. ``file`` takes precedence."""
    if file is None:
        return {}
    modules = sorted(modules_in(file.parent), key=lambda module: module.__file__ == str(file))
    return {
        name: member
        for module in modules
        for name, member in vars(module).items()
        if callable(member) and getattr(member, "__module__", None) == module.__name__
    }


def _of_saved_model(loaded: Any) -> ExportedModel:
    weights = [v for v in loaded.variables if "seed_generator_state" not in v.name]
    signature = loaded.signatures[SIGNATURE]
    (name,) = signature.structured_input_signature[1]

    def predict(examples: tf.Tensor) -> tf.Tensor:
        loaded  # noqa: B018  # keeps the variables alive, which it owns
        return signature(**{name: examples})[OUTPUT]

    return ExportedModel(
        predict=predict,
        parameters=sum(math.prod(weight.shape) for weight in weights),
        weights_mib=mebibytes((weight.dtype.name, weight.shape) for weight in loaded.variables),
    )


def _of_keras(attempt: Attempt) -> ExportedModel:
    load_space(attempt)  # imports the user's layers
    file = user_file(attempt)
    with classify_errors(Phase.OTHER, user_file=file):
        model = keras.models.load_model(
            attempt.fetch(attempt.model), compile=False, custom_objects=custom_objects(file)
        )
    return ExportedModel(
        predict=lambda examples: model(examples, training=False),
        parameters=model.count_params(),
        weights_mib=mebibytes((weight.dtype, weight.shape) for weight in model.variables),
    )
