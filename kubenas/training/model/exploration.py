"""Discovery of the hyperparameters of a model-building function by building at many points.

Keras-Tuner builds once with the defaults and once for each ``conditional_scope``. Most code uses
plain Python branches and loops instead, whose hyperparameters Keras-Tuner finds only during the
search. This module varies each hyperparameter that it finds: all values of a choice, and the
maximum of a range, which gives the longest loop. It varies the hyperparameters found there in the
same way, in combination with the values that activated them, and finally builds at a few random
points.
"""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import keras
import keras_tuner
from keras_tuner.engine.hyperparameters import Boolean, Choice, Fixed

from kubenas.errors import UserError

_LOG = logging.getLogger(__name__)
_RANDOM_POINTS = 5

Build: TypeAlias = Callable[[keras_tuner.HyperParameters], object]
Values: TypeAlias = dict[str, Any]


def explore(
    build: Build,
    *,
    known: keras_tuner.HyperParameters | None = None,
    seconds: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> keras_tuner.HyperParameters:
    """Returns the space that ``build`` defines, with the values that are active at the defaults.

    The build with the defaults must succeed. Other builds may fail, because not every point of a
    space gives a valid network. Each build clears the Keras session, as a trial does, so that
    automatically numbered layer names are the same as in a trial.

    Args:
        build: builds a model for the given hyperparameters.
        known: hyperparameters that are part of the space in any case.
        seconds: time limit after which no build is started. Trials report what is not found here.
        clock: returns the time in seconds.

    Raises:
        UserError: two builds with the defaults define different names.
        Exception: any exception of the build with the defaults.
    """
    explorer = _Explorer(build, known)
    first = explorer.visit({})
    end = clock() + seconds
    while explorer.waiting and clock() < end:
        explorer.try_visit(explorer.waiting.popleft())
    seeds = range(1, _RANDOM_POINTS + 1) if clock() < end else ()
    for seed in seeds:
        explorer.try_visit(explorer.random_values(seed))
    _check_same_names(first, explorer.visit({}))
    explorer.log_summary()
    return explorer.space


class _Explorer:
    def __init__(self, build: Build, known: keras_tuner.HyperParameters | None) -> None:
        self.space = keras_tuner.HyperParameters()
        self.waiting: deque[Values] = deque()
        """Values of the pending builds. Other hyperparameters keep their defaults."""
        self._build = build
        self._visited: set[str] = set()
        self._builds = 0
        self._failures: list[str] = []
        if known is not None:
            self._merge(known)

    def visit(self, values: Values) -> keras_tuner.HyperParameters:
        """Builds with ``values``, merges the hyperparameters into the space and returns them."""
        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        self._builds += 1
        keras.utils.clear_session(free_memory=False)  # garbage collection takes longer than a build
        try:
            self._build(hp)
        finally:
            self._merge(hp)
        return hp

    def try_visit(self, values: Values) -> None:
        """Builds with ``values`` unless already done. Records a failure."""
        name = json.dumps(values, sort_keys=True, default=repr)
        if name in self._visited:
            return
        self._visited.add(name)
        try:
            self.visit(values)
        except Exception as error:  # noqa: BLE001  # user code raises anything
            self._failures.append(f"{type(error).__name__}: {error} (at {values})")

    def random_values(self, seed: int) -> Values:
        """Samples all hyperparameters, active or not. Deterministic for a given seed and space."""
        own = enumerate(self.space.space)
        return {hp.name: hp.random_sample(1000 * seed + place) for place, hp in own}

    def log_summary(self) -> None:
        """Logs the number of builds, hyperparameters and failures."""
        _LOG.info("%d builds found %d hyperparameters", self._builds, len(self.space.space))
        if self._failures:
            _LOG.warning(
                "%d of %d builds failed, the first: %s",
                len(self._failures),
                self._builds,
                self._failures[0],
            )

    def _merge(self, hp: keras_tuner.HyperParameters) -> None:
        before = len(self.space.space)
        self.space.merge(hp.space, overwrite=False)
        for found in self.space.space[before:]:
            context = {**hp.values, **_conditions_met(found)}
            self.waiting.extend({**context, found.name: value} for value in _values_to_try(found))


def _conditions_met(hyperparameter: Any) -> Values:
    """Returns values that activate the conditional scopes of the hyperparameter."""
    return {condition.name: condition.values[0] for condition in hyperparameter.conditions}


def _values_to_try(hyperparameter: Any) -> Iterator[Any]:
    """Yields values other than the default that may change a branch or a loop."""
    default = hyperparameter.default
    match hyperparameter:
        case Fixed():
            return
        case Boolean():
            yield not default
        case Choice():
            yield from (value for value in hyperparameter.values if value != default)
        case _:
            low, high = hyperparameter.min_value, hyperparameter.max_value
            yield high if default != high else low


def _check_same_names(
    first: keras_tuner.HyperParameters, again: keras_tuner.HyperParameters
) -> None:
    before, after = sorted(_names(first) - _names(again)), sorted(_names(again) - _names(first))
    if not before and not after:
        return
    raise UserError(
        "hyperparameter names differ between two builds with the same values:"
        f" first {', '.join(before) or 'none'}, then {', '.join(after) or 'none'}; build() must"
        " use the same names for the same values"
    )


def _names(hp: keras_tuner.HyperParameters) -> set[str]:
    return {hyperparameter.name for hyperparameter in hp.space}
