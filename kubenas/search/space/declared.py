"""Hyperparameters that trials declare in addition to the search space.

They come from trial processes, so they are validated first. Validation imports Keras-Tuner, which
takes seconds the first time. Pure functions.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from kubenas.trial import DeclaredHyperparameters

if TYPE_CHECKING:
    import keras_tuner

Hyperparameter: TypeAlias = Mapping[str, Any]
"""An entry of keras_tuner.HyperParameters.get_config()["space"]."""


def extend_space(space: Mapping[str, Any], declared: Sequence[Hyperparameter]) -> dict[str, Any]:
    """Returns ``space`` (HyperParameters.get_config()) with ``declared`` appended."""
    return {**space, "space": [*space["space"], *new_hyperparameters(space["space"], declared)]}


def new_hyperparameters(
    known: Sequence[Hyperparameter], declared: Sequence[Hyperparameter]
) -> list[Hyperparameter]:
    """Returns the entries of ``declared`` that are not in ``known``, without duplicates.

    Entries with the same name and different conditions are different.
    """
    own = {_key(each) for each in known}
    found = {_key(each): each for each in declared if _key(each) not in own}
    return list(found.values())


def merge_declared(
    proposed: Mapping[str, Any], declared: DeclaredHyperparameters
) -> dict[str, Any]:
    """Returns the proposed and declared values of a trial. Proposed values take precedence."""
    return {**proposed, **{n: v for n, v in declared.values.items() if n not in proposed}}


def apply_declared(
    hyperparameters: "keras_tuner.HyperParameters", declared: DeclaredHyperparameters
) -> None:
    """Adds the hyperparameters that a trial declared to the proposed ones, in place."""
    proposed = dict(hyperparameters.values)
    if declared.new:
        hyperparameters.merge(_read(declared), overwrite=False)
    hyperparameters.values = merge_declared(proposed, declared)


def check_declared(declared: DeclaredHyperparameters) -> None:
    """Checks that a trial declared valid hyperparameters and values.

    Raises:
        ValueError: a hyperparameter or a value is invalid.
    """
    if odd := [value for value in declared.values.values() if not _is_value(value)]:
        raise ValueError(f"invalid hyperparameter value {odd[0]!r:.100}")
    if not declared.new:
        return
    try:
        for hyperparameter in _read(declared).space:
            hyperparameter.random_sample(1)
            _key({"config": hyperparameter.get_config()})
    except Exception as error:  # Keras-Tuner raises anything on input from a trial
        raise ValueError(f"invalid declared hyperparameters: {error}") from error


def _is_value(value: Any) -> bool:
    """Whether ``value`` is a string, a boolean or a finite number (64-bit if an integer)."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 2**63)


def _read(declared: DeclaredHyperparameters) -> "keras_tuner.HyperParameters":
    from kubenas.search.space.point import read_space  # noqa: PLC0415, slow

    return read_space({"space": declared.new})


def _key(hyperparameter: Hyperparameter) -> str:
    config = hyperparameter["config"]
    return json.dumps([config["name"], config["conditions"]], sort_keys=True)
