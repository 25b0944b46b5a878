"""The attempt's HyperModel, its hyperparameters and the model that they give."""

import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from keras_tuner.errors import FatalError

from kubenas.spaces.registry import load_hypermodel
from kubenas.spaces.user_code.hypermodel_source import split_reference
from kubenas.storage import split
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import (
    SHAPE_ERRORS,
    Infeasible,
    Phase,
    classify_errors,
    describe_error,
)


def load_space(attempt: Attempt) -> keras_tuner.HyperModel:
    """The HyperModel that the attempt's spec names.

    Raises:
        AttemptFailed: it cannot be loaded.
    """
    with classify_errors(Phase.LOADING):
        return load_hypermodel(
            attempt.spec.space,
            input_shape=attempt.schema.shape,
            num_classes=len(attempt.schema.classes),
        )


def user_file(attempt: Attempt) -> Path | None:
    """The file of a user's own HyperModel, others of his beside it; None for a registered space."""
    if attempt.spec.space.hypermodel is None:
        return None
    uri, _ = split_reference(attempt.spec.space.hypermodel)
    file = sys.modules[split(uri)[1].removesuffix(".py")].__file__
    return Path(file) if file else None


def build_model(
    attempt: Attempt, hypermodel: keras_tuner.HyperModel, hp: keras_tuner.HyperParameters
) -> keras.Model:
    """The compiled model at ``hp``, its variables made by showing it a picture of zeros.

    Raises:
        Infeasible: what was built is not a compiled classifier for this data.
        Exception: whatever the user's build raises.
    """
    return build_candidate(attempt, hypermodel, hp).model


@dataclass(frozen=True)
class Candidate:
    """A built model, and what it was built from."""

    hypermodel: keras_tuner.HyperModel
    hp: keras_tuner.HyperParameters
    model: keras.Model
    example: npt.NDArray[np.float32]
    """Zeros of the data's shape, (1, height, width, channels)."""
    output: tf.Tensor
    """Of the model for the example."""

    @property
    def own_fit(self) -> bool:
        """Whether a user's class trains in its own way."""
        return type(self.hypermodel).fit is not keras_tuner.HyperModel.fit


def build_candidate(
    attempt: Attempt, hypermodel: keras_tuner.HyperModel, hp: keras_tuner.HyperParameters
) -> Candidate:
    """As :func:`build_model`, with what else is known then."""
    model = hypermodel.build(hp)
    if not isinstance(model, keras.Model):
        raise Infeasible(f"build() returned a {type(model).__name__}, not a keras.Model")
    if not model.compiled:
        raise Infeasible("build() returned a model that is not compiled; call model.compile()")
    example = np.zeros((1, *attempt.schema.shape), np.float32)
    output = _first_output(model, example, user_file(attempt))
    return Candidate(hypermodel, hp, model, example, output)


def _first_output(
    model: keras.Model, example: npt.NDArray[np.float32], file: Path | None
) -> tf.Tensor:
    try:
        output = model(example, training=False)
    except SHAPE_ERRORS as error:
        if isinstance(error, FatalError):
            raise
        raise Infeasible(
            f"the model does not take the data's pictures, {example.shape[1:]}; use input_shape,"
            f" which __init__ is given, or resize inside the model: {describe_error(error, file)}"
        ) from error
    if not hasattr(output, "shape"):
        raise Infeasible(
            f"the model gives {len(keras.tree.flatten(output))} outputs; it must give one, a"
            " probability for each class"
        )
    return output


def build_trial_candidate(attempt: Attempt) -> Candidate:
    """The candidate at the attempt's hyperparameters, the same in every attempt with its seed.

    Seeded twice: a user's file may draw as it is loaded, and meanwhile a store's client in another
    thread may have drawn the pause before it tries again from the same generator of Python's.

    Raises:
        AttemptFailed: the space cannot be loaded, gives no model here, or knows none of the names
            that it is given values for.
    """
    keras.utils.set_random_seed(attempt.plan.seed)
    hypermodel = load_space(attempt)
    with classify_errors(Phase.BUILDING, user_file=user_file(attempt)):
        keras.utils.set_random_seed(attempt.plan.seed)
        candidate = build_candidate(attempt, hypermodel, attempt.hyperparameters.hp)
        attempt.hyperparameters.check_names()
    return candidate
