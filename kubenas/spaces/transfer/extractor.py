"""Models that compute a vector of features of an image with a backbone, and nothing else."""

import keras

from kubenas.spaces.options import TransferOptions
from kubenas.spaces.shapes import Map
from kubenas.spaces.transfer.hypermodel import TransferHyperModel
from kubenas.spaces.transfer.network import Network, input_sizes
from kubenas.spaces.transfer.pixels import PixelMoments
from kubenas.spaces.transfer.weights import open_backbone
from kubenas.trial import SpaceRef


class FeatureExtractors:
    """The extractors of the backbone of ``space``, for images that they resize to some size.

    Args:
        space: the space ``transfer`` with its options and weights.
        input_shape: height, width and channels of an image.
        pixel_moments: mean and deviation of the pixels; None: those of photographs.

    Raises:
        UserError: the backbone cannot be used for such images.
    """

    def __init__(
        self, space: SpaceRef, *, input_shape: Map, pixel_moments: PixelMoments | None = None
    ) -> None:
        options, weights = TransferOptions.model_validate(space.options), space.weights or ""
        self._backbone = open_backbone(weights, options)
        self._networks = TransferHyperModel(
            input_shape=input_shape,
            num_classes=2,  # they have no output layer
            options=options,
            weights=weights,
            pixel_moments=pixel_moments,
        )
        self.sides = tuple(input_sizes(self._backbone, options))
        """Sides of the images that the backbone may see, in ascending order."""
        self.features = self._backbone.output(self.sides[0])[2]
        """Length of the vector."""

    def work(self, side: int) -> int:
        """Returns the floating-point operations for an image that is resized to ``side``."""
        return self._backbone.cost(side)[1]

    def build(self, side: int) -> keras.Model:
        """Returns the model from normalised images to the averages over the feature map."""
        network = Network(
            input_size=side, frozen_stages=self._backbone.depth, pooling="average", units=0
        )
        image = keras.Input(self._networks.input_shape)
        features = self._networks.features(image, network)
        return keras.Model(image, self._networks.pool(features, network))
