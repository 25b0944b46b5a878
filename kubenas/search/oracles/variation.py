"""New points from old ones: mutation, crossover, and the points one step away."""

import numpy as np

from kubenas.search.oracles.dimension import Dimension, Floats
from kubenas.search.oracles.encoding import Encoding

_NEAR = 0.12
"""Standard deviation of a small step on a numeric scale from 0 to 1."""


def mutate(
    encoding: Encoding, points: Floats, rng: np.random.Generator, *, extra: float = 0.25
) -> Floats:
    """Each of ``points`` with one choice changed, further ones each with probability ``extra``.

    What a change activates is drawn at random.
    """
    changed = np.array(points)
    free = np.array([dimension.levels != 1 for dimension in encoding.dimensions])
    for row in changed:
        active = np.flatnonzero(~np.isnan(row) & free)
        if len(active):
            count = min(len(active), int(rng.geometric(1.0 - extra)))
            for place in rng.choice(active, size=count, replace=False):
                row[place] = _changed(encoding.dimensions[place], row[place], rng)
    return encoding.complete(changed, encoding.draw_codes(len(points), rng))


def cross(
    encoding: Encoding, mothers: Floats, fathers: Floats, rng: np.random.Generator
) -> Floats:
    """Children that take each choice from one of their two parents."""
    from_mother = rng.random(mothers.shape) < 0.5
    children = np.where(from_mother, mothers, fathers)
    others = np.where(from_mother, fathers, mothers)
    drawn = encoding.draw_codes(len(children), rng)
    return encoding.complete(children, np.where(np.isnan(others), drawn, others))


def neighbours(encoding: Encoding, point: Floats, rng: np.random.Generator) -> Floats:
    """Points that differ from ``point`` in one choice, in random order.

    All values of an unordered choice; of a long scale the next values and two further ones.
    """
    found = []
    for place, dimension in enumerate(encoding.dimensions):
        if np.isnan(point[place]):
            continue
        for code in _other_codes(dimension, float(point[place]), rng):
            neighbour = point.copy()
            neighbour[place] = code
            found.append(neighbour)
    if not found:
        return np.empty((0, len(encoding)))
    codes = np.array(found)[rng.permutation(len(found))]
    return encoding.complete(codes, encoding.draw_codes(len(codes), rng))


def _changed(dimension: Dimension, code: float, rng: np.random.Generator) -> float:
    """Another code: a near one half of the time, where there is a scale."""
    if dimension.kind == "categorical" or rng.random() < 0.5:
        drawn = float(dimension.draw(1, rng)[0])
    elif dimension.levels:
        drawn = code + rng.choice([-1.0, 1.0]) * (
            1 + np.floor(abs(rng.normal(0.0, _NEAR)) * dimension.levels)
        )
    else:
        drawn = code + rng.normal(0.0, _NEAR)
    if dimension.levels:
        drawn = float(np.clip(drawn, 0, dimension.levels - 1))
        return drawn if drawn != code else float((code + rng.integers(1, dimension.levels)) % dimension.levels)
    return float(np.clip(drawn, 0.0, 1.0 - 1e-12))


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
