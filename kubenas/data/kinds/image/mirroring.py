"""Estimates from the training images whether a mirrored image keeps its class."""

import numpy as np
import numpy.typing as npt

from kubenas.data.source import Image

MAX_IMAGES = 2000
_LONGEST_SIDE = 16
"""Longest side in pixels of shrunk images."""
_STANDARD_ERRORS = 2.0
_SMALLEST_DEVIATION = 1e-3

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


def shrink(image: Image) -> Image:
    """Returns every n-th pixel of an image, with sides of at most 16 pixels."""
    step = -(-max(image.shape[:2]) // _LONGEST_SIDE)
    return image[::step, ::step]


def keeps_class_when_mirrored(images: Image, labels: Labels) -> bool:
    """Whether a classifier recognises mirrored images as well as the images themselves.

    A nearest-centroid classifier of the pixels is fitted to one half of the images. On the other
    half, its accuracy must be better than that of the most frequent class, and mirroring from left
    to right must not reduce it significantly. Digits and letters fail this, natural scenes pass.

    Args:
        images: shape (n, height, width, channels), in random order.
        labels: class indices, shape (n,).
    """
    pixels = images.astype(np.float32)
    half = len(pixels) // 2
    if half == 0 or len(np.unique(labels[:half])) < 2:
        return False
    classify = _NearestCentroid(pixels[:half], labels[:half])
    true = labels[half:]
    right = classify(pixels[half:]) == true
    right_mirrored = classify(pixels[half:, :, ::-1]) == true
    most_frequent = np.unique(true, return_counts=True)[1].max() / len(true)
    error = np.sqrt(right.mean() * (1 - right.mean()) / len(true))
    if right.mean() - _STANDARD_ERRORS * error <= most_frequent:
        return False  # the classifier has learned nothing that mirroring could destroy
    loss = right.astype(np.float64) - right_mirrored
    return bool(loss.mean() <= _STANDARD_ERRORS * loss.std() / np.sqrt(len(loss)))


class _NearestCentroid:
    """Assigns images to the class with the nearest mean, of pixels with unit variance."""

    def __init__(self, images: Features, labels: Labels) -> None:
        pixels = images.reshape(len(images), -1)
        self._mean = pixels.mean(axis=0)
        self._deviation = np.maximum(pixels.std(axis=0), _SMALLEST_DEVIATION)
        self._classes = np.unique(labels)
        scaled = self._scale(images)
        self._centroids = np.stack([scaled[labels == each].mean(axis=0) for each in self._classes])

    def __call__(self, images: Features) -> Labels:
        squares = np.square(self._centroids).sum(axis=1)
        distances = squares - 2 * self._scale(images) @ self._centroids.T
        nearest: Labels = self._classes[distances.argmin(axis=1)]
        return nearest

    def _scale(self, images: Features) -> Features:
        scaled: Features = (images.reshape(len(images), -1) - self._mean) / self._deviation
        return scaled
