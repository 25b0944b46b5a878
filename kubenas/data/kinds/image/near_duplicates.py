"""Detection of near duplicates: edited or recompressed images, or successive video frames.

The distance of two images is the root mean square of their pixel differences. Two images are near
duplicates if their distance is at most a sixth of the median distance of two random images of one
class. This threshold is independent of the scale of the pixels, and a common background or a
common class does not make images near duplicates.

Candidate pairs come from a nearest-neighbour search on perceptual features: the low-frequency
coefficients of a discrete cosine transform, whose signs form a perceptual hash. The transform is
orthonormal, therefore the distance of two images is at least the distance of their features.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dct
from scipy.spatial import KDTree

from kubenas.data.kinds.near_duplicates import NearDuplicates, connect
from kubenas.data.source import Image

FEATURES = 16
"""Number of perceptual features of an image, float32 each."""

ReadImages = Callable[[npt.NDArray[np.intp]], npt.NDArray[np.generic]]
"""Takes positions (n,) and returns the images there, (n, height, width, channels)."""

_SIDE = 4
_DISTANCE_RATIO = 1 / 6
_NEIGHBOURS = 8
_RANDOM_PAIRS = 1_000
_CHUNK_BYTES = 2 << 20


def perceptual_features(image: Image) -> npt.NDArray[np.float32]:
    """Returns the low-frequency coefficients of the greyscale image, shape (FEATURES,).

    Images smaller than 4 x 4 are padded with zeros. The Euclidean distance of the features of two
    images is at most the root mean square of their pixel differences.
    """
    height, width = image.shape[:2]
    grey = image.mean(axis=2, dtype=np.float32)
    features = np.zeros((_SIDE, _SIDE), np.float32)
    low = _cosines(height) @ grey @ _cosines(width).T
    features[: low.shape[0], : low.shape[1]] = low
    return features.ravel()


def find_near_duplicates(
    features: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    read: ReadImages,
    image_bytes: int,
) -> NearDuplicates:
    """Groups distinct images by pairs of near duplicates.

    Compares each image with the eight images whose features are nearest. Then compares one image of
    each group with other groups, until no group grows. The time is nearly linear in the number of
    images.

    Args:
        features: perceptual features, shape (images, FEATURES).
        labels: class indices, shape (images,).
        read: returns the images at the given positions.
        image_bytes: size of one image in bytes.
    """
    count = len(features)
    pairs = _random_pairs(labels)
    if not len(pairs):
        return NearDuplicates(np.arange(count), too_similar=False)
    distances = [_distances(pair[np.newaxis], read)[0] for pair in pairs]
    threshold = _DISTANCE_RATIO * float(np.median(distances))
    groups = grown = np.arange(count)
    while len(grown):
        representatives = np.unique(groups, return_index=True)[1]
        pairs = representatives[_candidates(features[representatives], grown, threshold)]
        near = pairs[_are_near(pairs, read, image_bytes, threshold)]
        merged = connect(groups[near], len(representatives))
        groups, grown = merged[groups], np.flatnonzero(np.bincount(merged) > 1)
    return NearDuplicates.of(groups)


@lru_cache(maxsize=64)
def _cosines(pixels: int) -> npt.NDArray[np.float32]:
    transform = dct(np.eye(pixels), axis=0, norm="ortho")[:_SIDE] / np.sqrt(pixels)
    return np.asarray(transform, np.float32)


def _random_pairs(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    """Returns random pairs (n, 2) of different positions with the same label.

    Returns no pairs if no label occurs twice.
    """
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
    features: npt.NDArray[np.float32], queries: npt.NDArray[np.intp], threshold: float
) -> npt.NDArray[np.intp]:
    """Returns pairs (n, 2) of a queried position and a near neighbour by features."""
    # The margin covers the rounding of the features to single precision.
    bound = 1.001 * threshold + 1e-6 * float(np.abs(features).max())
    neighbours = min(_NEIGHBOURS + 1, len(features))
    _, found = KDTree(features).query(
        features[queries], np.arange(1, neighbours + 1), distance_upper_bound=bound
    )
    pairs = np.stack([np.repeat(queries, neighbours), found.ravel()], axis=1)
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs[:, 1] < len(features))]
    distinct: npt.NDArray[np.intp] = np.unique(np.sort(pairs, axis=1), axis=0)
    return distinct


def _are_near(
    pairs: npt.NDArray[np.intp], read: ReadImages, image_bytes: int, threshold: float
) -> npt.NDArray[np.bool_]:
    chunks = np.array_split(pairs, 1 + len(pairs) * 2 * image_bytes // _CHUNK_BYTES)
    return np.concatenate([_distances(chunk, read) <= threshold for chunk in chunks])


def _distances(pairs: npt.NDArray[np.intp], read: ReadImages) -> npt.NDArray[np.float64]:
    """Returns the root mean square of the pixel differences of each pair, shape (n,)."""
    first, second = (read(positions).astype(np.float64) for positions in pairs.T)
    distances: npt.NDArray[np.float64] = np.sqrt(np.square(first - second).mean(axis=(1, 2, 3)))
    return distances
