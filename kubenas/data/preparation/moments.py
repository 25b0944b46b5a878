"""Mean and variance of a stream of images, in one pass."""

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.schema import Normalization
from kubenas.data.source import Image


class ChannelMoments:
    """Float64 moments of each channel.

    Partial results are merged as in Chan, Golub and LeVeque, Updating Formulae and a Pairwise
    Algorithm for Computing Sample Variances (1979), which does not lose digits to a large mean.
    """

    def __init__(self, channels: int) -> None:
        self._pixels = 0
        self._mean = np.zeros(channels)
        self._squares = np.zeros(channels)

    def add(self, image: Image) -> None:
        """Takes in an image of shape (height, width, channels)."""
        channels = np.array(image.reshape(-1, image.shape[-1]).T, np.float64, order="C")
        mean = channels.mean(axis=1)
        channels -= mean[:, np.newaxis]
        self._merge(channels.shape[1], mean, np.einsum("ij,ij->i", channels, channels))

    def normalization(self) -> Normalization:
        """The population moments so far; a channel that never varied has variance 1."""
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
