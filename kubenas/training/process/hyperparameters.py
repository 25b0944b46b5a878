"""Hyperparameters that record which of them the user's code reads and defines."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import keras_tuner
import numpy as np

from kubenas.errors import UserError
from kubenas.trial import DeclaredHyperparameters

_MAX_BYTES = 16 * 1024
"""Maximum size of new hyperparameters per attempt, as JSON. Later attempts report the rest."""
_TUNER_PREFIX = "tuner/"
"""Prefix of values that control the training and that user code does not read."""


class TrackedHyperparameters:
    """The hyperparameters of an attempt, with a record of those that the code reads.

    A hyperparameter of the space without a value gets its default: the space may have grown since
    the trial was proposed.

    Args:
        config: ``keras_tuner.HyperParameters.get_config()``. None: no values, all hyperparameters
            get their defaults.
    """

    def __init__(self, config: dict[str, Any] | None) -> None:
        own = config or {"space": [], "values": {}}
        self.hp = keras_tuner.HyperParameters.from_config(copy.deepcopy(own))
        self._known = len(self.hp.space)
        self._given = frozenset(self.hp.values)
        for hyperparameter in self.hp.space:
            if self.hp.is_active(hyperparameter):
                self.hp.values.setdefault(hyperparameter.name, hyperparameter.default)
        self._values = self.hp.values = _ReadLog(self.hp.values)
        self.allow_new = True
        """Whether new hyperparameters are reported and become part of the space."""

    def declared(self) -> DeclaredHyperparameters:
        """Returns the new, defaulted and unused hyperparameters so far.

        Raises:
            UserError: the default of a new hyperparameter is not a JSON value.
        """
        if not self.allow_new:
            return DeclaredHyperparameters()
        asked = self._values.asked
        new = _as_json(self.hp.space[self._known :])
        known = {hyperparameter.name for hyperparameter in self.hp.space[: self._known]}
        reported = known | {each["config"]["name"] for each in new}
        unused = self._given - asked
        return DeclaredHyperparameters(
            new=new,
            values={
                name: _plain_value(self._values[name])
                for name in sorted((asked - self._given) & reported)
            },
            unused=tuple(sorted(name for name in unused if not name.startswith(_TUNER_PREFIX))),
        )

    def check_names(self) -> None:
        """Checks that the code reads at least one of the proposed hyperparameters.

        Raises:
            UserError: the code reads only other names, so the search would have no effect.
        """
        own = [hyperparameter.name for hyperparameter in self.hp.space[self._known :]]
        if own and self._given and self._given.isdisjoint(self._values.asked):
            raise UserError(
                f"space.hypermodel: build() used {_list_names(own)}, but none of the"
                f" proposed hyperparameters: {_list_names(sorted(self._given))}; hyperparameter"
                " names must not depend on earlier builds"
            )


def _as_json(space: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    """Returns the first hyperparameters of ``space``, up to the maximum size."""
    found: list[dict[str, Any]] = []
    room = _MAX_BYTES
    for hyperparameter in space:
        single = keras_tuner.HyperParameters()
        single.merge([hyperparameter])
        (config,) = single.get_config()["space"]
        try:
            text = json.dumps(config, default=_plain_value)
        except TypeError as error:
            raise UserError(
                f"hyperparameter '{hyperparameter.name}': {error}; use Python numbers, strings"
                " or booleans"
            ) from error
        room -= len(text)
        if room < 0:
            break
        found.append(json.loads(text))
    return tuple(found)


def space_json(hp: keras_tuner.HyperParameters) -> bytes:
    """Returns ``hp.get_config()`` as UTF-8 JSON, the content of space.json.

    Raises:
        TypeError: a default is not a JSON value.
    """
    return json.dumps(hp.get_config(), indent=1, default=_plain_value).encode()


def _plain_value(value: Any) -> Any:
    """Converts a NumPy scalar to a Python value.

    Raises:
        TypeError: the value is not a number, string or boolean.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"a hyperparameter value cannot be of type {type(value).__name__}")


def _list_names(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names[:3]]
    return ", ".join([*quoted, *(["..."] if len(names) > len(quoted) else [])])


class _ReadLog(dict[str, Any]):
    """A dict that records which keys were read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.asked.add(name)
        return value
