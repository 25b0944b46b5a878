"""The attempt's HyperModel, its hyperparameters and the model that they give."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from kubenas.spaces.hypermodel_source import split_reference
from kubenas.spaces.registry import load_hypermodel
from kubenas.spaces.user_code.importing import modules_in
from kubenas.storage import split
from kubenas.training.attempt import Attempt
from kubenas.training.failure import Infeasible, Phase, failing_in


def load_space(attempt: Attempt) -> keras_tuner.HyperModel:
    """The HyperModel that the attempt's spec names.

    Raises:
        AttemptFailed: it cannot be loaded.
    """
    with failing_in(Phase.LOADING):
        return load_hypermodel(
            attempt.spec.space,
            input_shape=attempt.schema.shape,
            num_classes=len(attempt.schema.classes),
        )


def user_file(attempt: Attempt, _hypermodel: keras_tuner.HyperModel) -> Path | None:
    """The file of a user's own HyperModel, others of his beside it; None for a registered space."""
    if attempt.spec.space.hypermodel is None:
        return None
    uri, _ = split_reference(attempt.spec.space.hypermodel)
    file = sys.modules[split(uri)[1].removesuffix(".py")].__file__
    return Path(file) if file else None


def build_model(
    attempt: Attempt, hypermodel: keras_tuner.HyperModel, hp: keras_tuner.HyperParameters
) -> keras.Model:
    """The compiled model at ``hp``, its variables made.

    Raises:
        Infeasible: what was built is not a compiled classifier for this data.
        Exception: whatever the user's build raises.
    """
    model = hypermodel.build(hp)
    if not isinstance(model, keras.Model):
        raise Infeasible(f"build() returned a {type(model).__name__}, not a keras.Model")
    if not model.built:
        model.build((None, *attempt.schema.shape))
    if not model.compiled:
        raise Infeasible("build() returned a model that is not compiled; call model.compile()")
    return model


@dataclass(frozen=True)
class TrainedModel:
    """A model that an earlier attempt left, and what Keras needs to load its like."""

    model: keras.Model
    custom_objects: dict[str, Any]
    """The user's own layers and functions by name, registered with Keras or not."""


def load_trained_model(attempt: Attempt) -> TrainedModel:
    """The trained model that the spec names.

    Raises:
        AttemptFailed: the space or the model cannot be loaded.
    """
    hypermodel = load_space(attempt)
    file = user_file(attempt, hypermodel)
    custom_objects = _custom_objects(file)
    with failing_in(Phase.OTHER, user_file=file):
        path = attempt.fetch_model()
        model = keras.models.load_model(path, compile=False, custom_objects=custom_objects)
    return TrainedModel(model, custom_objects)


def _custom_objects(file: Path | None) -> dict[str, Any]:
    """What the modules of a user's folder define, by name; in doubt what his ``file`` does."""
    if file is None:
        return {}
    modules = sorted(modules_in(file.parent), key=lambda module: module.__file__ == str(file))
    return {
        name: member
        for module in modules
        for name, member in vars(module).items()
        if callable(member) and getattr(member, "__module__", None) == module.__name__
    }
