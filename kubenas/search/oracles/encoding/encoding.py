"""Encoding of hyperparameter values as vectors.

A point is a vector with one code per dimension of the space, NaN if the dimension is inactive.
Points come in batches of shape (points, dimensions).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.hyperparameters import Choice
from numpy.typing import NDArray

from kubenas.search.oracles.encoding.dimension import Condition, Dimension, Floats, dimensions

_SEVERAL = 3
"""Minimum dimensions with the same choices for which values are counted."""
_DIGITS = 9
"""Decimal digits in which codes of equal points agree."""


class Encoding:
    """The encoding of a space.

    Args:
        space: the search space. Later changes to it are ignored.
    """

    def __init__(self, space: keras_tuner.HyperParameters) -> None:
        self.dimensions: tuple[Dimension, ...] = dimensions(space)
        self._conditions = tuple(
            tuple(tuple(self._codes(condition)) for condition in dimension.conditions)
            for dimension in self.dimensions
        )

    def __len__(self) -> int:
        return len(self.dimensions)

    def encode(self, values: Mapping[str, Any]) -> Floats:
        """Returns the point of ``values``. Missing or unknown values are encoded as inactive."""
        point = np.full(len(self), np.nan)
        for index, dimension in enumerate(self.dimensions):
            if dimension.name in values and _is_active(dimension, values):
                code = dimension.encode(values[dimension.name])
                point[index] = np.nan if code is None else code
        return point

    def decode(self, point: Floats) -> dict[str, Any]:
        """Returns the values of the active dimensions of one point."""
        return {
            dimension.name: dimension.decode(code)
            for dimension, code in zip(self.dimensions, point.tolist(), strict=True)
            if not math.isnan(code)
        }

    def default(self) -> Floats:
        """Returns the point of the default values."""
        return self.encode(self.with_defaults({}))

    def with_defaults(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Returns ``values`` with defaults for active hyperparameters that have no value."""
        found = dict(values)
        for dimension in self.dimensions:
            if dimension.name not in found and _is_active(dimension, found):
                found[dimension.name] = dimension.hyperparameter.default
        return found

    def sample(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns random points, ``(count, dimensions)``."""
        codes = self.draw_codes(count, rng)
        return self.complete(codes, codes)

    def draw_codes(self, count: int, rng: np.random.Generator) -> Floats:
        """Returns random codes of all dimensions, active or not, ``(count, dimensions)``."""
        drawn = [dimension.draw(count, rng) for dimension in self.dimensions]
        return np.stack(drawn, axis=1) if drawn else np.empty((count, 0))

    def centred(self, points: Floats, rng: np.random.Generator) -> Floats:
        """Returns ``points`` with all ordered dimensions in the middle of their scales."""
        codes = np.where(np.isnan(points), self.draw_codes(len(points), rng), points)
        for index in np.flatnonzero(self.ordered):
            codes[:, index] = self.dimensions[index].middle
        return self.complete(codes, codes)

    def complete(self, codes: Floats, spare: Floats) -> Floats:
        """Returns ``codes`` as valid points.

        Inactive dimensions become NaN. Active dimensions without a code take it from ``spare``.
        """
        points = np.array(codes)
        for index in range(len(self)):
            own = points[:, index]
            filled = np.where(np.isnan(own), spare[:, index], own)
            points[:, index] = np.where(self.is_active(index, points), filled, np.nan)
        return points

    def keys(self, points: Floats) -> list[bytes]:
        """Returns a key for each point, the same for equal points."""
        rounded = np.ascontiguousarray(np.round(points, _DIGITS))
        return [row.tobytes() for row in rounded]

    @cached_property
    def ordered(self) -> tuple[bool, ...]:
        """Whether each dimension is ordered: distances of positions are then meaningful."""
        return tuple(each.kind != "categorical" and each.levels != 1 for each in self.dimensions)

    @cached_property
    def top_level_choice(self) -> int | None:
        """Index of the discrete dimension on which most others depend, if there is one."""
        depending = [0] * len(self)
        for dimension in self.dimensions:
            for condition in dimension.conditions:
                for parent in condition.parents:
                    depending[parent] += 1
        free = [
            index
            for index, dimension in enumerate(self.dimensions)
            if depending[index] and not dimension.conditions and 2 <= dimension.levels <= 20
        ]
        return max(free, key=lambda index: depending[index], default=None)

    def positions(self, points: Floats) -> Floats:
        """Returns positions in [0, 1] of ordered dimensions, codes of others. NaN: inactive."""
        columns = [
            dimension.positions(points[:, index]) if self.ordered[index] else points[:, index]
            for index, dimension in enumerate(self.dimensions)
        ]
        return np.stack(columns, axis=1) if columns else np.empty((len(points), 0))

    def value_counts(self, points: Floats) -> Floats:
        """Returns how often each value is chosen in categorical dimensions with the same choices,
        ``(points, values)``.
        """
        columns = [
            (points[:, indices] == code).sum(axis=1)
            for indices in self._shared_choices
            for code in range(self.dimensions[indices[0]].levels)
        ]
        return np.stack(columns, axis=1).astype(float) if columns else np.empty((len(points), 0))

    @cached_property
    def _shared_choices(self) -> tuple[list[int], ...]:
        """Groups of categorical dimensions with the same choices, as lists of indices.

        Booleans are left out: their values have a different meaning in each dimension.
        """
        indices: dict[tuple[str, ...], list[int]] = {}
        for index, dimension in enumerate(self.dimensions):
            own = dimension.hyperparameter
            if dimension.kind == "categorical" and isinstance(own, Choice):
                indices.setdefault(tuple(map(repr, own.values)), []).append(index)
        return tuple(shared for shared in indices.values() if len(shared) >= _SEVERAL)

    def all_points(self, limit: int) -> Floats | None:
        """Returns all points, or None if they are continuous or more than ``limit``."""
        found: list[Floats] = []
        for point in self.points(_levels):
            if len(found) == limit or np.isinf(point).any():
                return None
            found.append(point)
        return np.array(found).reshape(len(found), len(self))

    def points(self, codes: Callable[[Dimension], Iterable[float]]) -> Iterator[Floats]:
        """Yields all combinations of the ``codes`` of dimensions. The last one changes fastest."""
        yield from self._points(codes, np.full(len(self), np.nan), 0)

    def _points(
        self, codes: Callable[[Dimension], Iterable[float]], point: Floats, index: int
    ) -> Iterator[Floats]:
        if index == len(self):
            yield point.copy()
            return
        active = self.is_active(index, point[None])[0]
        for code in codes(self.dimensions[index]) if active else (math.nan,):
            point[index] = code
            yield from self._points(codes, point, index + 1)
        point[index] = np.nan

    def is_active(self, index: int, points: Floats) -> NDArray[np.bool_]:
        """Returns the points in which a dimension is active. Earlier dimensions must be set."""
        active = np.ones(len(points), dtype=bool)
        for parents in self._conditions[index]:
            met = np.zeros(len(points), dtype=bool)
            for parent, codes in parents:
                met |= np.isin(points[:, parent], codes)
            active &= met
        return active

    def _codes(self, condition: Condition) -> Iterator[tuple[int, Floats]]:
        for parent in condition.parents:
            codes = (self.dimensions[parent].encode(value) for value in condition.values)
            yield parent, np.array([code for code in codes if code is not None])


def _levels(dimension: Dimension) -> Iterable[float]:
    """Returns all codes of a dimension, or infinity if it is continuous."""
    return range(dimension.levels) if dimension.levels else (math.inf,)


def _is_active(dimension: Dimension, values: Mapping[str, Any]) -> bool:
    return all(values.get(each.name) in each.values for each in dimension.conditions)
