"""Mean and variance of the channels of a stream of images, computed in one pass."""

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import Normalization
from kubenas.data.source import Image


class ChannelMoments:
    """Accumulates the mean and variance of each channel in float64.

    Uses the numerically stable update of Chan, Golub and LeVeque, Updating Formulae and a Pairwise
    Algorithm for Computing Sample Variances (1979).
    """

    def __init__(self, channels: int) -> None:
        self._pixels = 0
        self._mean = np.zeros(channels)
        self._squares = np.zeros(channels)

    def add(self, image: Image) -> None:
        """Adds an image of shape (height, width, channels)."""
        channels = np.array(image.reshape(-1, image.shape[-1]).T, np.float64, order="C")
        mean = channels.mean(axis=1)
        channels -= mean[:, np.newaxis]
        self._merge(channels.shape[1], mean, np.einsum("ij,ij->i", channels, channels))

    def normalization(self) -> Normalization:
        """Returns the population moments. The variance of a constant channel is set to 1."""
        variance = self._squares / max(1, self._pixels)
        return Normalization(
            mean=tuple(self._mean.tolist()),
            variance=tuple(np.where(variance > 0, variance, 1.0).tolist()),
        )

    def _merge(
        self, count: int, mean: npt.NDArray[np.float64], squares: npt.NDArray[np.float64]
    ) -> None:
        total, delta = self._pixels + count, mean - self._mean
        self._squares += squares + np.square(delta) * (self._pixels * count / total)
        self._mean += delta * (count / total)
        self._pixels = total
