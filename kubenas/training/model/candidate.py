"""The candidate of an attempt: its HyperModel, hyperparameters and built model."""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import keras_tuner
import tensorflow as tf
from keras_tuner.errors import FatalError

from kubenas.data.dataset.schema import DataSchema
from kubenas.data.kinds.registry import example_kind, example_tensors
from kubenas.spaces.registry import load_hypermodel
from kubenas.spaces.transfer.pixels import PixelMoments
from kubenas.spaces.user_code.hypermodel_source import split_reference
from kubenas.storage import split
from kubenas.training.fit.variables import read_variables, write_variables
from kubenas.training.model.example import zero_examples
from kubenas.training.model.gpu import compute_capability
from kubenas.training.model.precision import FLOAT32, dtype_policy
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import (
    SHAPE_ERRORS,
    Infeasible,
    Phase,
    classify_errors,
    describe_error,
)
from kubenas.training.process.keras_settings import dtype_policy_within, use_dtype_policy
from kubenas.trial import Task


def load_space(attempt: Attempt) -> keras_tuner.HyperModel:
    """Loads the HyperModel that the attempt's spec names, to be built in the attempt's precision.

    Raises:
        AttemptFailed: the HyperModel cannot be loaded.
    """
    with classify_errors(Phase.LOADING):
        hypermodel = load_hypermodel(
            attempt.spec.space,
            input_shape=attempt.schema.shape,
            num_classes=len(attempt.schema.classes),
            mirror_symmetric=attempt.schema.mirror_symmetric,
            vocabulary_size=attempt.schema.vocabulary_size,
            pixel_moments=pixel_moments(attempt.schema),
        )
    _use_precision(attempt)
    return hypermodel


def _use_precision(attempt: Attempt) -> None:
    """Sets the dtype policy. A user's module is loaded before, as it may set one itself."""
    plan = attempt.spec.training
    policy = dtype_policy(
        plan.precision if plan else "auto",
        registered=attempt.spec.space.name is not None,
        trains=attempt.spec.task is Task.TRAIN,
        capability=compute_capability(),
    )
    if policy is not None:
        use_dtype_policy(policy)


def pixel_moments(schema: DataSchema) -> PixelMoments | None:
    """Returns mean and deviation of pixels from 0 to 255, or None for values of another range."""
    if schema.dtype != "uint8":
        return None
    mean, variances = schema.channel_moments
    return PixelMoments(mean, tuple(map(math.sqrt, variances)))


def user_file(attempt: Attempt) -> Path | None:
    """Returns the file of a user-defined HyperModel, or None for a registered space."""
    if attempt.spec.space.hypermodel is None:
        return None
    uri, _ = split_reference(attempt.spec.space.hypermodel)
    file = sys.modules[split(uri)[1].removesuffix(".py")].__file__
    return Path(file) if file else None


def build_model(
    attempt: Attempt, hypermodel: keras_tuner.HyperModel, hp: keras_tuner.HyperParameters
) -> keras.Model:
    """Builds the compiled model for ``hp`` and calls it once to create its variables.

    Raises:
        Infeasible: the result is not a compiled classifier for this data set.
        Exception: any exception of the user's ``build``.
    """
    return build_candidate(attempt, hypermodel, hp).model


@dataclass(frozen=True)
class Candidate:
    """A built model with its HyperModel and hyperparameters."""

    hypermodel: keras_tuner.HyperModel
    hp: keras_tuner.HyperParameters
    model: keras.Model
    example: tf.Tensor
    """A batch of one example of zeros."""
    output: tf.Tensor
    """Output of the model for ``example``."""

    @property
    def own_fit(self) -> bool:
        """Whether the HyperModel overrides ``fit``."""
        return type(self.hypermodel).fit is not keras_tuner.HyperModel.fit


def build_candidate(
    attempt: Attempt, hypermodel: keras_tuner.HyperModel, hp: keras_tuner.HyperParameters
) -> Candidate:
    """Same as :func:`build_model`, but returns the :class:`Candidate`."""
    model = hypermodel.build(hp)
    if not isinstance(model, keras.Model):
        raise Infeasible(f"build() returned a {type(model).__name__}, not a keras.Model")
    if not model.compiled:
        raise Infeasible("build() returned a model that is not compiled; call model.compile()")
    example = zero_examples(example_tensors(attempt.schema).network_spec)
    output = _first_output(attempt, model, example)
    return Candidate(hypermodel, hp, model, example, output)


def _first_output(attempt: Attempt, model: keras.Model, example: tf.Tensor) -> tf.Tensor:
    try:
        output = model(example, training=False)
    except SHAPE_ERRORS as error:
        if isinstance(error, FatalError):
            raise
        raise Infeasible(
            f"the model does not accept {example_kind(attempt.schema.kind).plural} of shape"
            f" {example.shape[1:]}; use the input_shape argument of __init__, or resize inside the"
            f" model: {describe_error(error, user_file(attempt))}"
        ) from error
    if not hasattr(output, "shape"):
        raise Infeasible(
            f"the model has {len(keras.tree.flatten(output))} outputs; it must have one: a"
            " probability for each class"
        )
    return output


def build_trial_candidate(attempt: Attempt) -> Candidate:
    """Builds the candidate for the attempt's hyperparameters, reproducibly for a given seed.

    The seed is set twice: loading the user's file may draw random numbers, and a store client in
    another thread may draw its retry delay from the same global generator.

    Raises:
        AttemptFailed: the space cannot be loaded, builds no valid model for the hyperparameters,
            or uses none of their names.
    """
    keras.utils.set_random_seed(attempt.plan.seed)
    hypermodel = load_space(attempt)
    with classify_errors(Phase.BUILDING, user_file=user_file(attempt)):
        keras.utils.set_random_seed(attempt.plan.seed)
        candidate = build_candidate(attempt, hypermodel, attempt.hyperparameters.hp)
        attempt.hyperparameters.check_names()
    return candidate


def kept_model(attempt: Attempt, candidate: Candidate) -> keras.Model:
    """Returns the model that is measured, saved and exported.

    It is the trained one, and for a registered space that one in float32, with the same weights: it
    runs on every device, and a rebuilt model can be compared with it closely.
    """
    if attempt.spec.space.name is None or candidate.model.dtype_policy.name == FLOAT32:
        return candidate.model
    with dtype_policy_within(FLOAT32):
        model = candidate.hypermodel.build(candidate.hp)
    write_variables(model.variables, read_variables(candidate.model.variables))
    return model
