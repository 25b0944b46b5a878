"""Base of the HyperModels that classify with a searched network and a searched recipe."""

from typing import Generic, TypeVar

import keras
import keras_tuner

from kubenas.spaces.recipe.loss import choose_label_smoothing, cross_entropy
from kubenas.spaces.recipe.optimizer import choose_optimizer
from kubenas.trial import Value

Options = TypeVar("Options", bound=Value)
Shape = TypeVar("Shape", bound=tuple[int, ...])


class ClassifierHyperModel(keras_tuner.HyperModel, Generic[Options, Shape]):  # type: ignore[misc]
    """A space of networks that end with dropout and a softmax layer.

    Args:
        input_shape: shape of an example.
        num_classes: number of classes.
        options: bounds of the space.
    """

    default_dropout = 0.0

    def __init__(self, *, input_shape: Shape, num_classes: int, options: Options) -> None:
        super().__init__(name=type(self).__name__)
        self.input_shape = input_shape
        self.num_classes = num_classes
        self.options = options

    def choose_optimizer(self, hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
        """Declares the optimiser's hyperparameters and returns the optimiser at their values."""
        return choose_optimizer(hp)

    def choose_loss(self, hp: keras_tuner.HyperParameters) -> str | keras.losses.Loss:
        """Declares the loss's hyperparameters and returns the loss at their values."""
        return cross_entropy(choose_label_smoothing(hp))

    def declare_classifier(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares what :meth:`classifier` uses, without building a model."""
        self._choose_dropout(hp)
        self.choose_optimizer(hp)
        self.choose_loss(hp)

    def classifier(
        self,
        hp: keras_tuner.HyperParameters,
        inputs: keras.KerasTensor,
        features: keras.KerasTensor,
    ) -> keras.Model:
        """Returns the compiled model from ``inputs`` to the classes' probabilities.

        Args:
            hp: hyperparameters.
            inputs: input of the model.
            features: vectors (batch, units) that the output layer takes.
        """
        if dropout := self._choose_dropout(hp):
            features = keras.layers.Dropout(dropout, name="dropout", dtype="float32")(features)
        output = keras.layers.Dense(
            self.num_classes, "softmax", name="probabilities", dtype="float32"
        )(features)
        model = keras.Model(inputs, output, name="network")
        model.compile(
            optimizer=self.choose_optimizer(hp), loss=self.choose_loss(hp), metrics=["accuracy"]
        )
        return model

    def _choose_dropout(self, hp: keras_tuner.HyperParameters) -> float:
        """Declares the share of the features that training drops before the output."""
        return float(hp.Float("dropout", 0.0, 0.5, step=0.1, default=self.default_dropout))
