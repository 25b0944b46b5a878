"""kubenas.Tuner: Keras-Tuner's interface on this product's searches and runners."""

from kubenas.tuner.tuner import Tuner

__all__ = ["Tuner"]
