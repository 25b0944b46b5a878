"""Accelerators of the process that calls search(): trials beside it need their memory."""

from contextlib import suppress

import tensorflow as tf


def enable_memory_growth() -> None:
    """Lets TensorFlow take memory of GPUs as it needs it, not all of it at once."""
    for device in tf.config.list_physical_devices("GPU"):
        with suppress(RuntimeError):  # the user's code has used it already, and decided
            tf.config.experimental.set_memory_growth(device, True)
