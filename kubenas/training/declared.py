"""Which hyperparameters an attempt's code asked for, beside those that it was given."""

import copy
from typing import Any

import keras_tuner

from kubenas.trial import Declared

_MOST = 100
"""New hyperparameters told by one attempt; the next one tells of more."""


class GivenHyperparameters:
    """The hyperparameters of an attempt, which note what is asked for.

    Args:
        config: ``keras_tuner.HyperParameters.get_config()``; None: nothing is given, and a space
            takes its defaults.
    """

    def __init__(self, config: dict[str, Any] | None) -> None:
        own = config or {"space": [], "values": {}}
        self.hp = keras_tuner.HyperParameters.from_config(copy.deepcopy(own))
        self._known = len(self.hp.space)
        self._values = self.hp.values = _AskedFor(self.hp.values)
        self._given = frozenset(self._values)

    def declared(self) -> Declared:
        """What has been asked for up to now."""
        new = self.hp.space[self._known :][:_MOST]
        names = {hyperparameter.name for hyperparameter in new}
        config = keras_tuner.HyperParameters()
        config.merge(new)
        return Declared(
            new=tuple(config.get_config()["space"]),
            values={name: value for name, value in self._values.items() if name in names},
            unused=tuple(sorted(self._given - self._values.asked)),
        )


class _AskedFor(dict[str, Any]):
    """Values by name that note which of them were read."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)
