"""Pretrained networks for images, of which the last stages and a new head are trained."""

import keras
import keras_tuner

from kubenas.spaces.image_hypermodel import ImageHyperModel
from kubenas.spaces.options import TransferOptions
from kubenas.spaces.recipe.optimizer import FINE_TUNING, choose_optimizer
from kubenas.spaces.shapes import Map
from kubenas.spaces.transfer.channels import check_channels
from kubenas.spaces.transfer.model import build_features
from kubenas.spaces.transfer.network import Network, input_sizes, network_of
from kubenas.spaces.transfer.pixels import PixelMoments
from kubenas.spaces.transfer.weights import open_backbone, open_weights

_UNITS = (0, 64, 128, 256, 512, 1024, 2048)
_DEFAULT_SIZE = 128
_POOLINGS = {
    "average": keras.layers.GlobalAveragePooling2D,
    "max": keras.layers.GlobalMaxPooling2D,
}


class TransferHyperModel(ImageHyperModel[TransferOptions, Network]):
    """A backbone whose first stages are frozen, and a head.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: bounds of the space.
        weights: URI of the backbone's file.
        pixel_moments: mean and deviation of the pixels; None: those of photographs.
        mirror_symmetric: whether mirrored images keep their class.

    Raises:
        UserError: the backbone cannot be used for such images.
    """

    default_dropout = 0.5
    """The head has more inputs than small data sets have examples."""

    def __init__(
        self,
        *,
        input_shape: Map,
        num_classes: int,
        options: TransferOptions,
        weights: str,
        pixel_moments: PixelMoments | None = None,
        mirror_symmetric: bool = False,
    ) -> None:
        super().__init__(
            input_shape=input_shape,
            num_classes=num_classes,
            options=options,
            mirror_symmetric=mirror_symmetric,
        )
        self._file = open_weights(weights)
        self._backbone = open_backbone(weights, options)
        check_channels(self._backbone, input_shape)
        self._sizes = input_sizes(self._backbone, options)
        self._moments = pixel_moments or PixelMoments.of_photographs(input_shape[2])

    def choose_network(self, hp: keras_tuner.HyperParameters) -> Network:
        fitting = [size for size in self._sizes if size <= _DEFAULT_SIZE]
        hp.Choice("input_size", self._sizes, default=max(fitting, default=self._sizes[0]))
        depth = self._backbone.depth
        hp.Int("frozen_stages", 0, depth, default=depth)
        hp.Choice("pooling", list(_POOLINGS))
        hp.Choice("units", [units for units in _UNITS if units <= self.options.max_units])
        return network_of(hp.values)

    def choose_optimizer(self, hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
        return choose_optimizer(hp, FINE_TUNING)

    def features(self, image: keras.KerasTensor, network: Network) -> keras.KerasTensor:
        scale, offset = self._moments.rescaling(self.options.pixels)
        values = keras.layers.Rescaling(scale, offset, name="pixels", dtype="float32")(image)
        if image.shape[-1] != self._backbone.channels:
            copies = [values] * self._backbone.channels
            values = keras.layers.Concatenate(name="repeat_channel", dtype="float32")(copies)
        side = network.input_size
        values = keras.layers.Resizing(side, side, name="resize", dtype="float32")(values)
        return build_features(
            values, self._backbone, self._file, frozen_stages=network.frozen_stages
        )

    def pool(self, features: keras.KerasTensor, network: Network) -> keras.KerasTensor:
        values = _POOLINGS[network.pooling](name=network.pooling, dtype="float32")(features)
        if network.units:
            values = keras.layers.Dense(network.units, "relu", name="dense")(values)
        return values
