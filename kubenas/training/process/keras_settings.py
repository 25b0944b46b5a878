"""Keras' global settings, which a user's module may change: each attempt starts from Keras' own."""

from collections.abc import Mapping
from typing import Any

import keras

_FLOATX = keras.config.floatx()
_EPSILON = keras.config.epsilon()
_IMAGE_DATA_FORMAT = keras.config.image_data_format()
_DTYPE_POLICY = keras.config.dtype_policy()


def reset_keras() -> None:
    """Forgets models and settings of earlier attempts in this process.

    A module that sets ``mixed_float16`` for its own search must not change the next search, whose
    attempts the same worker runs.
    """
    keras.backend.clear_session()
    keras.config.set_floatx(_FLOATX)
    keras.config.set_epsilon(_EPSILON)
    keras.config.set_image_data_format(_IMAGE_DATA_FORMAT)
    keras.config.set_dtype_policy(_DTYPE_POLICY)


def keras_settings() -> dict[str, Any]:
    """Those of this process, as JSON has them."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy().name,
    }


def use_keras_settings(settings: Mapping[str, Any]) -> None:
    """Makes those of another process this one's, until the next attempt."""
    for name, value in settings.items():
        getattr(keras.config, f"set_{name}")(value)
