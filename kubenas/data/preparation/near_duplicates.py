"""Pictures that are nearly the same: edited, compressed anew, or the next frame of a film.

Two pictures are near duplicates if the root mean square of the differences of their pixels is at
most a sixth of what it is of two different pictures drawn at random from one class. So nothing
depends on the scale of the pixels, and pictures are no near duplicates only because their
background or their class is the same.

Candidates are found by perceptual features, the low-frequency coefficients of a discrete cosine
transform of which a perceptual hash keeps the signs. The transform is orthonormal: two pictures
are never closer than their features, so that none is missed in the search for the nearest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dct
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from kubenas.data.source import Image

FEATURES = 16
"""Coefficients of a picture, as float32."""

ReadImages = Callable[[npt.NDArray[np.intp]], npt.NDArray[np.generic]]
"""Places (n,) -> the pictures there, (n, height, width, channels)."""

_SIDE = 4
_NEAR = 1 / 6
_NEIGHBOURS = 8
_RANDOM_PAIRS = 1_000
_MAX_GROUP_SHARE = 0.5
_CHUNK_BYTES = 2 << 20


@dataclass(frozen=True)
class NearDuplicates:
    """Groups of pictures that belong together."""

    groups: npt.NDArray[np.intp]
    """Shape (pictures,): the number of each one's group."""
    too_similar: bool
    """Half of the pictures would be one group: near duplicates cannot be told, and each picture is
    a group of its own."""


def perceptual_features(image: Image) -> npt.NDArray[np.float32]:
    """Low frequencies of the grey picture, shape (FEATURES,), fewer filled up with zeros.

    Their Euclidean distance is at most the root mean square of the differences of the pixels.
    """
    height, width = image.shape[:2]
    grey = image.mean(axis=2, dtype=np.float32)
    features = np.zeros((_SIDE, _SIDE), np.float32)
    low = _cosines(height) @ grey @ _cosines(width).T
    features[: low.shape[0], : low.shape[1]] = low
    return features.ravel()


def near_duplicates(
    features: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    read: ReadImages,
    image_bytes: int,
) -> NearDuplicates:
    """Groups of distinct pictures, each connected by pairs of near duplicates.

    Of each picture the eight are compared whose features are nearest, then of each group one with
    other groups: time grows little faster than the number of pictures, whatever they are.

    Args:
        features: shape (pictures, FEATURES).
        labels: shape (pictures,).
        read: the pictures.
        image_bytes: of one of them.
    """
    count = len(features)
    pairs = _random_pairs(labels)
    if not len(pairs):
        return NearDuplicates(np.arange(count), too_similar=False)
    reach = _NEAR * float(np.median([_distances(pair[np.newaxis], read)[0] for pair in pairs]))
    groups = grown = np.arange(count)
    while len(grown):
        heads = np.unique(groups, return_index=True)[1]
        pairs = heads[_candidates(features[heads], grown, reach)]
        near = pairs[_are_near(pairs, read, image_bytes, reach)]
        merged = _connected(groups[near], len(heads))
        groups, grown = merged[groups], np.flatnonzero(np.bincount(merged) > 1)
    if np.bincount(groups).max() > max(2, _MAX_GROUP_SHARE * count):
        return NearDuplicates(np.arange(count), too_similar=True)
    return NearDuplicates(groups, too_similar=False)


@lru_cache(maxsize=64)
def _cosines(pixels: int) -> npt.NDArray[np.float32]:
    transform = dct(np.eye(pixels), axis=0, norm="ortho")[:_SIDE] / np.sqrt(pixels)
    return np.asarray(transform, np.float32)


def _random_pairs(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """Pairs (n, 2) of different places with the same label; none if each has its own."""
    random = np.random.default_rng(0)
    order, ascending = np.argsort(labels, kind="stable"), np.sort(labels)
    start = np.searchsorted(ascending, ascending)
    size = np.searchsorted(ascending, ascending, side="right") - start
    chosen = np.flatnonzero(size > 1)
    if not len(chosen):
        return np.empty((0, 2), np.intp)
    first = random.choice(chosen, _RANDOM_PAIRS)
    step = random.integers(1, size[first])
    second = start[first] + (first - start[first] + step) % size[first]
    return np.stack([order[first], order[second]], axis=1)


def _candidates(
    features: npt.NDArray[np.float32], asked: npt.NDArray[np.intp], reach: float
) -> npt.NDArray[np.intp]:
    """Pairs (n, 2) of an asked place and another one whose features are near."""
    # A little further, for the features are rounded to single precision.
    bound = 1.001 * reach + 1e-6 * float(np.abs(features).max())
    neighbours = min(_NEIGHBOURS + 1, len(features))
    _, found = KDTree(features).query(
        features[asked], np.arange(1, neighbours + 1), distance_upper_bound=bound
    )
    pairs = np.stack([np.repeat(asked, neighbours), found.ravel()], axis=1)
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs[:, 1] < len(features))]
    distinct: npt.NDArray[np.intp] = np.unique(np.sort(pairs, axis=1), axis=0)
    return distinct


def _are_near(
    pairs: npt.NDArray[np.intp], read: ReadImages, image_bytes: int, reach: float
) -> npt.NDArray[np.bool_]:
    chunks = np.array_split(pairs, 1 + len(pairs) * 2 * image_bytes // _CHUNK_BYTES)
    return np.concatenate([_distances(chunk, read) <= reach for chunk in chunks])


def _connected(pairs: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """The connected component of each of ``count`` nodes, numbered from 0."""
    graph = coo_array((np.ones(len(pairs), np.int8), tuple(pairs.T)), (count, count))
    components: npt.NDArray[np.intp] = connected_components(graph, directed=False)[1]
    return components


def _distances(pairs: npt.NDArray[np.intp], read: ReadImages) -> npt.NDArray[np.float64]:
    """Root mean squares of the differences of pixels, shape (n,)."""
    first, second = (read(places).astype(np.float64) for places in pairs.T)
    distances: npt.NDArray[np.float64] = np.sqrt(np.square(first - second).mean(axis=(1, 2, 3)))
    return distances
