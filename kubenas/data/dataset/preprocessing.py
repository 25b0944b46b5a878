"""Raw images -> what models are trained on, as layers that go into the exported model."""

import keras

from kubenas.data.dataset.schema import DataSchema


def preprocessing_layers(schema: DataSchema) -> list[keras.Layer]:
    """Layers that turn float32 (batch, height, width, channels) of stored values into inputs.

    They give what :func:`kubenas.data.dataset.loading.load_split` gives.
    """
    return [
        keras.layers.Normalization(
            mean=list(schema.normalization.mean),
            variance=list(schema.normalization.variance),
            dtype="float32",
            name="normalization",
        )
    ]
