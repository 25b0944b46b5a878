"""GPU memory of the process that calls search(), which shares GPUs with local trials."""

from contextlib import suppress

import tensorflow as tf


def enable_memory_growth() -> None:
    """Lets TensorFlow allocate GPU memory as needed instead of all at once."""
    for device in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # the user's code has already initialised the GPU
            tf.config.experimental.set_memory_growth(device, True)
