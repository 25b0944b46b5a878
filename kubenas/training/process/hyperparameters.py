"""Which hyperparameters an attempt's code asked for, beside those that it was given."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import keras_tuner
import numpy as np

from kubenas.errors import UserError
from kubenas.trial import DeclaredHyperparameters

_MAX_BYTES = 16 * 1024
"""Of new hyperparameters told by one attempt, as JSON; the next one tells of more."""
_TUNER_PREFIX = "tuner/"
"""Begins the names of values that are for the training, not for the user's code."""


class TrackedHyperparameters:
    """The hyperparameters of an attempt, which note what is asked for.

    What the space has and no value was given for has its default: the space may have grown since
    the trial was proposed.

    Args:
        config: ``keras_tuner.HyperParameters.get_config()``; None: nothing is given, and a space
            takes its defaults.
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
        """Whether what was not given is told of, and so becomes part of the space."""

    def declared(self) -> DeclaredHyperparameters:
        """What has been asked for up to now.

        Raises:
            UserError: a new hyperparameter's default is nothing that JSON has.
        """
        if not self.allow_new:
            return DeclaredHyperparameters()
        asked = self._values.asked
        new = _as_json(self.hp.space[self._known :])
        known = {hyperparameter.name for hyperparameter in self.hp.space[: self._known]}
        told = known | {each["config"]["name"] for each in new}
        unused = self._given - asked
        return DeclaredHyperparameters(
            new=new,
            values={
                name: _plain_value(self._values[name])
                for name in sorted((asked - self._given) & told)
            },
            unused=tuple(sorted(name for name in unused if not name.startswith(_TUNER_PREFIX))),
        )

    def check_names(self) -> None:
        """Checks that the code knows the names that it was given values for.

        Raises:
            UserError: it asked for others, and for none of these: nothing would be searched.
        """
        own = [hyperparameter.name for hyperparameter in self.hp.space[self._known :]]
        if own and self._given and self._given.isdisjoint(self._values.asked):
            raise UserError(
                f"space.hypermodel: build() asked for {_list_names(own)}, but for none of the"
                f" proposed hyperparameters: {_list_names(sorted(self._given))}; hyperparameter"
                " names must not depend on earlier builds"
            )


def _as_json(space: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    """The first hyperparameters of ``space``, as many as there is room for."""
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
                f"hyperparameter '{hyperparameter.name}': {error}; use Python's own numbers and"
                " strings"
            ) from error
        room -= len(text)
        if room < 0:
            break
        found.append(json.loads(text))
    return tuple(found)


def space_json(hp: keras_tuner.HyperParameters) -> bytes:
    """``hp`` as the file space.json, UTF-8: ``HyperParameters.get_config()``.

    Raises:
        TypeError: a default is nothing that JSON has.
    """
    return json.dumps(hp.get_config(), indent=1, default=_plain_value).encode()


def _plain_value(value: Any) -> Any:
    """A number of NumPy's as Python's own.

    Raises:
        TypeError: it is something else than a number, text or a truth value.
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} is no value that a hyperparameter may have")


def _list_names(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names[:3]]
    return ", ".join([*quoted, *(["..."] if len(names) > len(quoted) else [])])


class _ReadLog(dict[str, Any]):
    """Values by name that note which of them were read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.asked.add(name)
        return value
