"""The preprocessing layers that become part of the exported model."""

import keras

from kubenas.data.dataset.schema import DataSchema


def preprocessing_layers(schema: DataSchema) -> list[keras.Layer]:
    """Returns layers that normalise float32 images of shape (batch, height, width, channels).

    The result equals that of :func:`kubenas.data.dataset.loading.load_split`.
    """
    return [
        keras.layers.Normalization(
            mean=list(schema.normalization.mean),
            variance=list(schema.normalization.variance),
            dtype="float32",
            name="normalization",
        )
    ]
