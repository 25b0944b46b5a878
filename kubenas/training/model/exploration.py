"""Which hyperparameters a model-building function declares, found by building at many points.

Keras-Tuner builds once with the defaults and once for each ``conditional_scope``. Most code has
branches and loops of plain Python instead, whose hyperparameters it meets only during the search.
Here each hyperparameter that is found is varied once for each branch that it may decide: all values
of a choice, the largest of a range, which makes a loop its longest. What is found there is varied
in turn, next to the values that led to it. A few random points follow.
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
    """The space that ``build`` declares, with the default of what is active at the defaults.

    A build with the defaults must succeed, others may fail: not every point of a space gives a
    network. Each begins a session of Keras, as a trial does: names that count what was built before
    come out as there.

    Args:
        build: builds a model at some hyperparameters; called with different ones.
        known: what the space has in any case.
        seconds: after which no further build is begun. What is not found is found by trials.
        clock: seconds.

    Raises:
        UserError: two builds with the defaults declare different names.
        Exception: whatever the build with the defaults raises.
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
        """Values to build with, others at their defaults."""
        self._build = build
        self._visited: set[str] = set()
        self._builds = 0
        self._failures: list[str] = []
        if known is not None:
            self._merge(known)

    def visit(self, values: Values) -> keras_tuner.HyperParameters:
        """What a build with ``values`` asks for; what is new is part of the space afterwards."""
        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        self._builds += 1
        keras.utils.clear_session(
            free_memory=False
        )  # looking for garbage takes longer than to build
        try:
            self._build(hp)
        finally:
            self._merge(hp)
        return hp

    def try_visit(self, values: Values) -> None:
        """Builds with ``values`` unless that was done; a failure is noted."""
        name = json.dumps(values, sort_keys=True, default=repr)
        if name in self._visited:
            return
        self._visited.add(name)
        try:
            self.visit(values)
        except Exception as error:  # noqa: BLE001  # user code raises anything
            self._failures.append(f"{type(error).__name__}: {error} (at {values})")

    def random_values(self, seed: int) -> Values:
        """Of all hyperparameters, whether active or not. Same seed and space, same values."""
        own = enumerate(self.space.space)
        return {hp.name: hp.random_sample(1000 * seed + place) for place, hp in own}

    def log_summary(self) -> None:
        """Logs what came of it."""
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
    """Values at which its conditional scopes are active."""
    return {condition.name: condition.values[0] for condition in hyperparameter.conditions}


def _values_to_try(hyperparameter: Any) -> Iterator[Any]:
    """Values other than the default by which code may branch or loop."""
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
        "the names of hyperparameters change from one build to the next:"
        f" first {', '.join(before) or 'none'}, then {', '.join(after) or 'none'}; the same values"
        " must give the same names"
    )


def _names(hp: keras_tuner.HyperParameters) -> set[str]:
    return {hyperparameter.name for hyperparameter in hp.space}
