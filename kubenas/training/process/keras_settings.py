"""Global settings of Keras: reset before each attempt, because user modules may change them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

_FLOATX = keras.config.floatx()
_EPSILON = keras.config.epsilon()
_IMAGE_DATA_FORMAT = keras.config.image_data_format()
_DTYPE_POLICY = keras.config.dtype_policy()


def reset_keras() -> None:
    """Clears the Keras session and restores the default settings.

    A worker may run attempts of several searches. A module that sets ``mixed_float16`` for one
    search must not affect the next search.
    """
    keras.backend.clear_session()
    keras.config.set_floatx(_FLOATX)
    keras.config.set_epsilon(_EPSILON)
    keras.config.set_image_data_format(_IMAGE_DATA_FORMAT)
    keras.config.set_dtype_policy(_DTYPE_POLICY)


def keras_settings() -> dict[str, Any]:
    """Returns the settings of this process as JSON values."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy().name,
    }


def use_keras_settings(settings: Mapping[str, Any]) -> None:
    """Applies the settings of another process until the next attempt."""
    for name, value in settings.items():
        getattr(keras.config, f"set_{name}")(value)


def use_dtype_policy(name: str) -> None:
    """Builds models in the dtype policy ``name`` until the next attempt."""
    keras.config.set_dtype_policy(name)


@contextmanager
def dtype_policy_within(name: str) -> Iterator[None]:
    """Builds models in the dtype policy ``name`` within the context."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
