"""The trials before there is anything to learn from."""

import numpy as np

from kubenas.search.oracles.designs import Designs, sizes
from kubenas.search.oracles.dimension import Floats
from kubenas.search.oracles.encoding import Encoding
from kubenas.search.oracles.history import History

_DRAWS = 64
_LARGER = 0.4
"""Larger networks are better more often than not: the share of the draws that counts as large."""
_SHARE_OF_LARGER = 0.8


def stratified(encoding: Encoding, history: History, rng: np.random.Generator) -> Floats:
    """Random points, those first whose top-level choice has been made least often."""
    drawn = encoding.sample(_DRAWS, rng)
    place = encoding.strata
    if place is None:
        return drawn
    made = np.concatenate([history.points[:, place], history.pending[:, place]])
    counts = np.bincount(made[~np.isnan(made)].astype(int), minlength=encoding.dimensions[place].levels)
    return drawn[np.argsort(counts[drawn[:, place].astype(int)], kind="stable")]


def initial(
    encoding: Encoding, designs: Designs, history: History, rng: np.random.Generator
) -> Floats:
    """Points to begin with: the space's own defaults, then random ones, mostly larger networks."""
    drawn = stratified(encoding, history, rng)
    if history.started == 0 and has_own_default(encoding):
        return np.concatenate([encoding.default()[None], drawn])
    if not designs.has_graphs or rng.random() > _SHARE_OF_LARGER:
        return drawn
    parameters = sizes(designs.of(drawn))[:, 0]
    if np.isnan(parameters).any():
        return drawn
    large = parameters >= np.quantile(parameters, 1.0 - _LARGER)
    return np.concatenate([drawn[large], drawn[~large]])


def has_own_default(encoding: Encoding) -> bool:
    """Whether whoever made the space named any default but the first value of each."""
    point = encoding.default()
    first = [dimension.encode(_first_value(dimension)) for dimension in encoding.dimensions]
    return any(
        code is not None and not np.isnan(own) and own != code
        for own, code in zip(point, first, strict=True)
    )


def _first_value(dimension: object) -> object:
    own = dimension.hyperparameter  # type: ignore[attr-defined]
    return own.min_value if dimension.kind == "numeric" else dimension.decode(0.0)  # type: ignore[attr-defined]
