"""The base class of the readers that feed prepared examples to models."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import tensorflow as tf

from kubenas.data.dataset.schema import DataSchema


@dataclass(frozen=True)
class View:
    """A form in which stored examples are read.

    ``finish(decode(stored))`` is that form. Small data sets are kept in memory as ``decode``
    returns them. Views of one data set whose decoded values are equal are equal.
    """

    name: str
    """Of the decoded values."""
    shape: tuple[int, ...]
    """Of a decoded value."""
    dtype: str
    """NumPy dtype of decoded values."""
    decode: Callable[[tf.Tensor], tf.Tensor] = field(compare=False)
    """Maps stored bytes, a string tensor (batch,), to values of shape (batch, *shape)."""
    finish: Callable[[tf.Tensor], tf.Tensor] = field(compare=False)


class ExampleTensors(ABC):
    """The examples of a data set as a client sends them and as a model takes them.

    Args:
        schema: schema of the data set.
    """

    input_name: str
    """Name of the exported model's input."""

    def __init__(self, schema: DataSchema) -> None:
        self.schema = schema

    @property
    @abstractmethod
    def raw(self) -> View:
        """Examples as a client sends them to the exported model."""

    @property
    @abstractmethod
    def preprocessed(self) -> View:
        """Examples as a trained network takes them: :meth:`layers` of the raw ones."""

    @abstractmethod
    def layers(self) -> list[keras.Layer]:
        """Returns new layers that preprocess raw examples. They become part of the export."""

    @property
    @abstractmethod
    def raw_spec(self) -> tf.TensorSpec:
        """Name, dtype and shape of a batch of raw examples."""

    @property
    @abstractmethod
    def network_spec(self) -> tf.TensorSpec:
        """Dtype and shape of a batch of preprocessed examples."""
