"""One hyperparameter as a number: a level if it is discrete, else a position in [0, 1)."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import keras_tuner
import numpy as np
from keras_tuner.engine import hyperparameters as kt
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Kind: TypeAlias = Literal["categorical", "ordered", "numeric"]

_COUNTED = 2**48
"""Maximum levels: above it, a float can no longer represent each level."""


@dataclass(frozen=True)
class Condition:
    """Holds if one of the dimensions ``parents``, which share a name, has one of ``values``."""

    name: str
    parents: tuple[int, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Dimension:
    """A hyperparameter with its conditions.

    Args:
        hyperparameter: a hyperparameter of Keras-Tuner.
        conditions: conditions that must all hold for it to be active.
    """

    hyperparameter: Any
    conditions: tuple[Condition, ...] = ()
    kind: Kind = field(init=False)
    levels: int = field(init=False)
    """Number of values. 0: continuous, or too many values to represent."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", _kind(self.hyperparameter))
        object.__setattr__(self, "levels", _levels(self.hyperparameter))

    @property
    def name(self) -> str:
        """Name of the hyperparameter. Hyperparameters with other conditions may share it."""
        return str(self.hyperparameter.name)

    def decode(self, code: float) -> Any:
        """Returns the value with this code."""
        hyperparameter = self.hyperparameter
        if isinstance(hyperparameter, kt.Fixed):
            return hyperparameter.value
        if isinstance(hyperparameter, kt.Boolean):
            return bool(code)
        if isinstance(hyperparameter, kt.Choice):
            return hyperparameter.values[int(code)]
        if not self.levels:
            return hyperparameter.prob_to_value(code)
        if hyperparameter.step is None:
            return hyperparameter.min_value + int(code)
        return hyperparameter.prob_to_value((int(code) + 0.5) / self.levels)

    def encode(self, value: Any) -> float | None:
        """Returns the code of ``value``, or None if the hyperparameter has no such value."""
        hyperparameter = self.hyperparameter
        if isinstance(hyperparameter, kt.Fixed):
            return 0.0 if value == hyperparameter.value else None
        if isinstance(hyperparameter, kt.Boolean):
            return float(value) if isinstance(value, bool) else None
        if isinstance(hyperparameter, kt.Choice):
            values = hyperparameter.values
            return float(values.index(value)) if value in values else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not hyperparameter.min_value <= value <= hyperparameter.max_value:
            return None
        return self._encode_number(value)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns ``count`` random codes, distributed as in Keras-Tuner."""
        if not self.levels:
            return rng.random(count)
        if self._is_log_int:
            low, high = self.hyperparameter.min_value, self.hyperparameter.max_value + 1
            drawn = low * (high / low) ** rng.random(count)
            return self._mirrored(np.clip(np.floor(drawn) - low, 0, self.levels - 1))
        return rng.integers(self.levels, size=count).astype(float)

    def positions(self, codes: Floats) -> Floats:
        """Returns the positions in [0, 1] of ``codes`` on the hyperparameter's scale."""
        if not self.levels:
            return codes
        if self.levels == 1:
            return codes * 0.0
        if self._is_log_int:
            low, high = self.hyperparameter.min_value, self.hyperparameter.max_value
            risen = np.log((low + self._mirrored(codes)) / low) / math.log(high / low)
            return np.asarray(1.0 - risen if self._is_reversed else risen)
        return codes / (self.levels - 1)

    @property
    def middle(self) -> float:
        """Code in the middle of the scale. Of two middle codes, the larger one."""
        if not self.levels:
            return 0.5
        if self._is_log_int:
            own = self.hyperparameter
            level = round(math.sqrt(own.min_value * own.max_value)) - own.min_value
            return float(self.levels - 1 - level if self._is_reversed else level)
        return float(self.levels // 2)

    @property
    def _is_log_int(self) -> bool:
        """Whether the values are integers on a logarithmic scale."""
        own = self.hyperparameter
        return isinstance(own, kt.Int) and own.step is None and self.levels > 1

    @property
    def _is_reversed(self) -> bool:
        """Whether the scale is reverse logarithmic."""
        return bool(self.hyperparameter.sampling == "reverse_log")

    def _mirrored(self, codes: Floats) -> Floats:
        return np.asarray(self.levels - 1 - codes if self._is_reversed else codes, dtype=float)

    def _encode_number(self, value: float) -> float:
        hyperparameter = self.hyperparameter
        if not self.levels:
            return float(min(max(hyperparameter.value_to_prob(value), 0.0), 1.0 - 1e-12))
        if hyperparameter.step is None:
            return float(round(value - hyperparameter.min_value))
        if hyperparameter.sampling == "linear":
            level = (value - hyperparameter.min_value) / hyperparameter.step
        else:
            grown = value
            if self._is_reversed:
                grown = hyperparameter.max_value + hyperparameter.min_value - value
            level = math.log(grown / hyperparameter.min_value, hyperparameter.step)
        return float(min(max(round(level), 0), self.levels - 1))


def _kind(hyperparameter: Any) -> Kind:
    if isinstance(hyperparameter, kt.Choice):
        return "ordered" if hyperparameter.ordered else "categorical"
    return "categorical" if isinstance(hyperparameter, kt.Boolean | kt.Fixed) else "numeric"


def _levels(hyperparameter: Any) -> int:
    match hyperparameter:
        case kt.Fixed():
            return 1
        case kt.Boolean():
            return 2
        case kt.Choice():
            return len(hyperparameter.values)
    count = _count(hyperparameter)
    return count if count <= _COUNTED else 0


def _count(hyperparameter: Any) -> int:
    """Returns the number of values, as Keras-Tuner counts them. 0: continuous."""
    low, high, step = hyperparameter.min_value, hyperparameter.max_value, hyperparameter.step
    if low == high:
        return 1
    if step is None:
        return int(high - low + 1) if isinstance(hyperparameter, kt.Int) else 0
    if hyperparameter.sampling == "linear":
        return int((high - low) // step + 1)
    return int(math.log(high / low, step) + 1e-8) + 1


def dimensions(space: keras_tuner.HyperParameters) -> tuple[Dimension, ...]:
    """Returns the dimensions of ``space``, parents before dependent ones."""
    found: list[Dimension] = []
    for hyperparameter in space.space:
        conditions = tuple(
            Condition(
                condition.name,
                tuple(index for index, each in enumerate(found) if each.name == condition.name),
                tuple(condition.values),
            )
            for condition in hyperparameter.conditions
        )
        found.append(Dimension(hyperparameter, conditions))
    return tuple(found)
