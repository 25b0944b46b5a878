"""Points of a space, as values of its active hyperparameters: drawn at random, or given ones
checked. Imports Keras-Tuner, which takes seconds the first time."""

import copy
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from kubenas.search.seeds import derived_seed

_INTEGRAL = 1e-9


def read_space(space: Mapping[str, Any]) -> keras_tuner.HyperParameters:
    """The space that HyperParameters.get_config() tells of, without values."""
    # A copy, for from_config puts objects into what it is given.
    return keras_tuner.HyperParameters.from_config({**copy.deepcopy(dict(space)), "values": {}})


def random_point(space: keras_tuner.HyperParameters, seed: int) -> dict[str, Any]:
    """Each active hyperparameter uniformly at random, on its own scale. Same seed, same point."""
    point = keras_tuner.HyperParameters()
    for place, hyperparameter in enumerate(space.space):
        point.merge([hyperparameter])
        if point.is_active(hyperparameter):
            value = hyperparameter.random_sample(derived_seed("point", seed, place))
            point.values[hyperparameter.name] = value
    return dict(point.values)


def to_point(
    space: keras_tuner.HyperParameters, values: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The point that ``values``, from elsewhere, mean in this space; None: none.

    What the space does not have, or has inactive, is left out; what is active and not given has
    its default.
    """
    point = keras_tuner.HyperParameters()
    for hyperparameter in space.space:
        point.merge([hyperparameter])
        if not point.is_active(hyperparameter):
            continue
        name = hyperparameter.name
        value = values.get(name, hyperparameter.default)
        allowed = _convert(hyperparameter, value)
        if allowed is None:
            return None
        point.values[name] = allowed
    return dict(point.values)


def _convert(hyperparameter: Any, value: Any) -> Any:
    """``value`` as ``hyperparameter`` has it; None: it does not."""
    if isinstance(hyperparameter, kinds.Int | kinds.Float):
        return _on_scale(hyperparameter, value)
    if isinstance(hyperparameter, kinds.Choice):
        options = hyperparameter.values
    elif isinstance(hyperparameter, kinds.Boolean):
        options = [True, False]
    else:
        options = [hyperparameter.value]
    return next((own for own in options if _same_option(own, value)), None)


def _same_option(own: Any, value: Any) -> bool:
    """Whether both are one option; a table tells of text and numbers alike as it is written."""
    return str(own) == str(value) or (own == value and _is_bool(own) == _is_bool(value))


def _on_scale(hyperparameter: Any, value: Any) -> int | float | None:
    if _is_bool(value) or not isinstance(value, int | float):
        return None
    if not hyperparameter.min_value <= value <= hyperparameter.max_value:
        return None
    if isinstance(hyperparameter, kinds.Float):
        return float(value)
    return int(value) if abs(value - round(value)) < _INTEGRAL else None


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)
