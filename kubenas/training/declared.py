"""Which hyperparameters an attempt's code asked for, beside those that it was given."""

import copy
from collections.abc import Sequence
from typing import Any

import keras_tuner

from kubenas.errors import UserError
from kubenas.trial import Declared

_MOST = 100
"""New hyperparameters told by one attempt; the next one tells of more."""
_STEERING = "tuner/"
"""Begins the names of values that are for the training, not for the user's code."""


class GivenHyperparameters:
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
        self._values = self.hp.values = _AskedFor(self.hp.values)

    def declared(self) -> Declared:
        """What has been asked for up to now."""
        asked = self._values.asked
        new = keras_tuner.HyperParameters()
        new.merge(self.hp.space[self._known :][:_MOST])
        unused = self._given - asked
        return Declared(
            new=tuple(new.get_config()["space"]),
            values={name: self._values[name] for name in sorted(asked - self._given)},
            unused=tuple(sorted(name for name in unused if not name.startswith(_STEERING))),
        )

    def check_names(self) -> None:
        """Checks that the code knows the names that it was given values for.

        Raises:
            UserError: it asked for others, and for none of these: nothing would be searched.
        """
        own = [hyperparameter.name for hyperparameter in self.hp.space[self._known :]]
        if own and self._given and self._given.isdisjoint(self._values.asked):
            raise UserError(
                f"space.hypermodel: build() asked for {_some(own)}, and for none of the"
                f" hyperparameters that were proposed: {_some(sorted(self._given))}; their names"
                " must not depend on what was built before"
            )


def _some(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names[:3]]
    return ", ".join([*quoted, *(["..."] if len(names) > len(quoted) else [])])


class _AskedFor(dict[str, Any]):
    """Values by name that note which of them were read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.asked.add(name)
        return value
