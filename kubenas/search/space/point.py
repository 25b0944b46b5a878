"""Points of a search space: values of its active hyperparameters, random or validated.

Imports Keras-Tuner, which takes seconds the first time.
"""

import copy
from collections.abc import Mapping
from typing import Any

import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from kubenas.search.seeds import derived_seed

_INTEGRAL = 1e-9


def read_space(space: Mapping[str, Any]) -> keras_tuner.HyperParameters:
    """Returns the space of a HyperParameters.get_config(), without values."""
    # from_config modifies its argument.
    return keras_tuner.HyperParameters.from_config({**copy.deepcopy(dict(space)), "values": {}})


def random_point(space: keras_tuner.HyperParameters, seed: int) -> dict[str, Any]:
    """Samples each active hyperparameter uniformly on its own scale. Deterministic per seed."""
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
    """Converts ``values`` of another search to a point of ``space``; None if one is not allowed.

    Drops unknown and inactive hyperparameters. Missing active ones get their default.
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
    """Returns ``value`` in the type of ``hyperparameter``; None if it is not allowed."""
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
    """Whether both are the same option. Tables do not distinguish strings from numbers."""
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
