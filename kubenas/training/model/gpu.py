"""The GPU that the models of this process compute on."""

import tensorflow as tf

from kubenas.training.model.precision import ComputeCapability


def compute_capability() -> ComputeCapability | None:
    """Returns the compute capability of the first GPU, or None without a GPU of CUDA."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return None
    details = tf.config.experimental.get_device_details(gpus[0])
    capability: ComputeCapability | None = details.get("compute_capability")
    return capability
