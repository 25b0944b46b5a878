"""A space that grows: hyperparameters that trials' code asked for and the space did not have.

They come from trial processes, so they are looked at before they are believed. Pure, but that
looking imports Keras-Tuner, which takes seconds the first time.
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


def grown(space: Mapping[str, Any], declared: Sequence[Hyperparameter]) -> dict[str, Any]:
    """``space``, as HyperParameters.get_config() gives it, with ``declared`` at its end."""
    return {**space, "space": [*space["space"], *unknown(space["space"], declared)]}


def unknown(
    known: Sequence[Hyperparameter], declared: Sequence[Hyperparameter]
) -> list[Hyperparameter]:
    """Those of ``declared`` that ``known`` lacks, each once: a name may stand under different
    conditions.
    """
    own = {_key(each) for each in known}
    found = {_key(each): each for each in declared if _key(each) not in own}
    return list(found.values())


def with_declared(proposed: Mapping[str, Any], declared: DeclaredHyperparameters) -> dict[str, Any]:
    """What a trial ran at. What was proposed comes first, and no trial can change it."""
    return {**proposed, **{n: v for n, v in declared.values.items() if n not in proposed}}


def take_declared(
    hyperparameters: "keras_tuner.HyperParameters", declared: DeclaredHyperparameters
) -> None:
    """Adds what a trial's code asked for to the hyperparameters that it was proposed."""
    proposed = dict(hyperparameters.values)
    if declared.new:
        hyperparameters.merge(_read(declared), overwrite=False)
    hyperparameters.values = with_declared(proposed, declared)


def check_declared(declared: DeclaredHyperparameters) -> None:
    """Checks that what a trial declared are hyperparameters and values of such.

    Raises:
        ValueError: some are not.
    """
    if odd := [value for value in declared.values.values() if not _is_value(value)]:
        raise ValueError(f"a hyperparameter cannot have the value {odd[0]!r:.100}")
    if not declared.new:
        return
    try:
        for hyperparameter in _read(declared).space:
            hyperparameter.random_sample(1)
            _key({"config": hyperparameter.get_config()})
    except Exception as error:  # whatever a trial wrote, Keras-Tuner may raise over it
        raise ValueError(f"it declared no proper hyperparameters: {error}") from error


def _is_value(value: Any) -> bool:
    """Whether it is text, a truth value or a number that others can compute with."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < 2**63)


def _read(declared: DeclaredHyperparameters) -> "keras_tuner.HyperParameters":
    from kubenas.search.space.point import read_space  # noqa: PLC0415, slow

    return read_space({"space": declared.new})


def _key(hyperparameter: Hyperparameter) -> str:
    config = hyperparameter["config"]
    return json.dumps([config["name"], config["conditions"]], sort_keys=True)
