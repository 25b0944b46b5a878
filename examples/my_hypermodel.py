"""An example of a custom HyperModel. Inputs are normalised images, outputs class probabilities."""

import keras
import keras_tuner


class MyHyperModel(keras_tuner.HyperModel):
    """A small convolutional network. kubenas passes the parameters that __init__ declares."""

    def __init__(self, input_shape: tuple[int, int, int], num_classes: int) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.num_classes = num_classes

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Returns the compiled model with the values of ``hp``."""
        inputs = keras.Input(self.input_shape, name="image")
        x = inputs
        for block in range(hp.Int("blocks", 1, 2)):
            filters = hp.Choice(f"filters_{block}", [16, 32, 64])
            x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
        x = keras.layers.Flatten()(x)
        x = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(x)
        outputs = keras.layers.Dense(self.num_classes, "softmax", name="probabilities")(x)
        model = keras.Model(inputs, outputs)
        model.compile(
            optimizer=keras.optimizers.Adam(hp.Float("rate", 3e-4, 3e-3, sampling="log")),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model
