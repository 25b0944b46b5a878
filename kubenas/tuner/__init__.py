"""kubenas.Tuner: the Keras-Tuner interface to the searches and runners of kubenas."""

from kubenas.tuner.tuner import Tuner

__all__ = ["Tuner"]
