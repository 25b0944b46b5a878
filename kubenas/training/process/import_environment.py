"""Environment variables that TensorFlow and Keras read when they are imported."""

import os


def set_import_environment() -> None:
    """Makes Keras use TensorFlow, without its warnings unless the environment asks for them."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
