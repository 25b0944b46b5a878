"""Base of the HyperModels that classify images with a searched network and a searched recipe."""

from abc import abstractmethod
from typing import Generic, TypeVar

import keras
import keras_tuner
import tensorflow as tf

from kubenas.spaces.classifier import ClassifierHyperModel, Options
from kubenas.spaces.recipe.augmentation import Augmentation, augment, choose_augmentation
from kubenas.spaces.recipe.loss import choose_label_smoothing, cross_entropy
from kubenas.spaces.recipe.mixing import choose_mixing, mix
from kubenas.spaces.shapes import Map

Network = TypeVar("Network")


class ImageHyperModel(ClassifierHyperModel[Options, Map], Generic[Options, Network]):
    """A space of networks that compute a feature map of an image.

    Every hyperparameter is declared on every build, under the conditions in which it matters. One
    call therefore gives the whole space, and a network has no value that it does not use.

    Args:
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        options: bounds of the space.
        mirror_symmetric: whether mirrored images keep their class.
    """

    def __init__(
        self,
        *,
        input_shape: Map,
        num_classes: int,
        options: Options,
        mirror_symmetric: bool = False,
    ) -> None:
        super().__init__(input_shape=input_shape, num_classes=num_classes, options=options)
        self.mirror_symmetric = mirror_symmetric

    @abstractmethod
    def choose_network(self, hp: keras_tuner.HyperParameters) -> Network:
        """Declares the network's hyperparameters and returns the network at their values."""

    @abstractmethod
    def features(self, image: keras.KerasTensor, network: Network) -> keras.KerasTensor:
        """Returns the feature map (batch, height, width, channels) of normalised images."""

    def pool(self, features: keras.KerasTensor, network: Network) -> keras.KerasTensor:  # noqa: ARG002
        """Returns the vectors (batch, units) that the output layer takes: the map's averages."""
        return keras.layers.GlobalAveragePooling2D(name="average", dtype="float32")(features)

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares the whole space without building a model."""
        self.choose_network(hp)
        self._choose_augmentation(hp)
        self.declare_classifier(hp)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Returns the compiled model that the values in ``hp`` describe.

        Input "image": (batch, height, width, channels), normalised. Output "probabilities":
        (batch, num_classes). Augmentation and regularisation act in training only. In a mixed dtype
        policy, images are changed and probabilities computed in float32.
        """
        network = self.choose_network(hp)
        image = keras.Input(self.input_shape, name="image")
        features = self.features(augment(image, self._choose_augmentation(hp)), network)
        return self.classifier(hp, image, self.pool(features, network))

    def choose_loss(self, hp: keras_tuner.HyperParameters) -> str | keras.losses.Loss:
        """Declares label smoothing and mixing and returns the loss. Both need one-hot labels."""
        smoothing = choose_label_smoothing(hp)
        return cross_entropy(smoothing, one_hot=choose_mixing(hp) != "none")

    def mix(
        self, hp: keras_tuner.HyperParameters, examples: tf.data.Dataset, *, seed: int
    ) -> tf.data.Dataset:
        """Mixes training batches of images and labels as the values in ``hp`` say."""
        return mix(examples, choose_mixing(hp), seed=seed)

    def _choose_augmentation(self, hp: keras_tuner.HyperParameters) -> Augmentation:
        return choose_augmentation(hp, mirror_symmetric=self.mirror_symmetric)
