"""Variation of points: mutation, crossover and neighbours."""

import numpy as np

from kubenas.search.oracles.encoding.dimension import Dimension, Floats
from kubenas.search.oracles.encoding.encoding import Encoding

_NEAR = 0.12
"""Standard deviation of a small step on a scale from 0 to 1."""


def mutate(
    encoding: Encoding, points: Floats, rng: np.random.Generator, *, extra: float = 0.25
) -> Floats:
    """Changes one dimension of each point, and further ones with probability ``extra`` each.

    Dimensions that become active get random codes.
    """
    free = np.array([dimension.levels != 1 for dimension in encoding.dimensions], dtype=bool)
    order = np.where(np.isnan(points) | ~free, np.inf, rng.random(points.shape))
    rank = np.argsort(np.argsort(order, axis=1), axis=1)
    chosen = (rank < rng.geometric(1.0 - extra, size=len(points))[:, None]) & np.isfinite(order)
    changed = np.array(points)
    for index, dimension in enumerate(encoding.dimensions):
        rows = np.flatnonzero(chosen[:, index])
        changed[rows, index] = _changed(dimension, points[rows, index], rng)
    return encoding.complete(changed, encoding.draw_codes(len(points), rng))


def crossover(
    encoding: Encoding, mothers: Floats, fathers: Floats, rng: np.random.Generator
) -> Floats:
    """Returns children that take each code from one of two parents at random."""
    from_mother = rng.random(mothers.shape) < 0.5
    children = np.where(from_mother, mothers, fathers)
    others = np.where(from_mother, fathers, mothers)
    drawn = encoding.draw_codes(len(children), rng)
    return encoding.complete(children, np.where(np.isnan(others), drawn, others))


def create_children(
    encoding: Encoding, parents: Floats, count: int, rng: np.random.Generator
) -> Floats:
    """Returns ``count`` mutations of each parent, and a quarter as many crossovers."""
    mutated = mutate(encoding, np.repeat(parents, count, axis=0), rng)
    couples = rng.integers(len(parents), size=(2, len(mutated) // 4))
    crossed = crossover(encoding, parents[couples[0]], parents[couples[1]], rng)
    return np.concatenate([mutated, crossed])


def neighbours(encoding: Encoding, point: Floats, rng: np.random.Generator) -> Floats:
    """Returns the points that differ from ``point`` in one dimension, in random order.

    Categorical dimensions take all other values, long scales the adjacent and two random values.
    """
    found = []
    for index, dimension in enumerate(encoding.dimensions):
        if np.isnan(point[index]):
            continue
        for code in _other_codes(dimension, float(point[index]), rng):
            neighbour = point.copy()
            neighbour[index] = code
            found.append(neighbour)
    if not found:
        return np.empty((0, len(encoding)))
    codes = np.array(found)[rng.permutation(len(found))]
    return encoding.complete(codes, encoding.draw_codes(len(codes), rng))


def _changed(dimension: Dimension, codes: Floats, rng: np.random.Generator) -> Floats:
    """Returns changed codes. On a scale, half of them are near the old ones."""
    count, levels = len(codes), dimension.levels
    steps = rng.normal(0.0, _NEAR, size=count)
    if not levels:
        drawn = np.where(rng.random(count) < 0.5, codes + steps, dimension.draw(count, rng))
        return np.clip(drawn, 0.0, 1.0 - 1e-12)
    others = (codes + rng.integers(1, levels, size=count)) % levels
    if dimension.kind == "categorical":
        return np.asarray(others)
    near = np.clip(codes + np.sign(steps) * np.ceil(np.abs(steps) * levels), 0, levels - 1)
    return np.where((rng.random(count) < 0.5) & (near != codes), near, others)


def _other_codes(dimension: Dimension, code: float, rng: np.random.Generator) -> list[float]:
    if dimension.levels == 1:
        return []
    if dimension.kind == "categorical" or 0 < dimension.levels <= 4:
        return [float(level) for level in range(dimension.levels) if level != code]
    if dimension.levels:
        near = {code - 1, code + 1, *map(float, rng.integers(dimension.levels, size=2))} - {code}
        return sorted(level for level in near if 0 <= level < dimension.levels)
    steps = (-_NEAR, -_NEAR / 4, _NEAR / 4, _NEAR)
    return [code + step for step in steps if 0.0 <= code + step < 1.0]
