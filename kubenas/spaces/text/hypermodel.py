"""Networks that classify texts."""

import keras
import keras_tuner

from kubenas.spaces.classifier import ClassifierHyperModel
from kubenas.spaces.options import TextOptions
from kubenas.spaces.recipe.optimizer import WORDS, choose_optimizer
from kubenas.spaces.sizes import at_most, doubled_sizes
from kubenas.spaces.text.model import build_features
from kubenas.spaces.text.network import Network, network_of

_ENCODERS = ["bag", "convolutional", "recurrent", "transformer"]
_VOCABULARIES = [2_000, 5_000, 10_000, 20_000]
_LENGTHS = [0.25, 0.5, 1.0]
"""Shares of the tokens of a text."""
_BUCKETS = [4_096, 16_384, 65_536]
_KERNELS = ["3", "1,2,3", "2,3,4", "3,4,5", "2,3,4,5"]
_SMALLEST = 16
_DEFAULT_EMBEDDING = 64
_DEFAULT_FILTERS = 128
_DEFAULT_UNITS = 64
_MOST_RECURRENT = 2


class TextHyperModel(ClassifierHyperModel[TextOptions, tuple[int]]):
    """Embeddings of words, an encoder, a pooling and a dense layer.

    The space is the same for all data: what was found for some texts is a point for others.

    Args:
        input_shape: (length,), the number of tokens of a text.
        num_classes: number of classes.
        options: bounds of the space.
        vocabulary_size: number of different tokens, with padding (0) and the unknown word (1).
    """

    def __init__(
        self,
        *,
        input_shape: tuple[int],
        num_classes: int,
        options: TextOptions,
        vocabulary_size: int,
    ) -> None:
        super().__init__(input_shape=input_shape, num_classes=num_classes, options=options)
        self.vocabulary_size = vocabulary_size

    def choose_network(self, hp: keras_tuner.HyperParameters) -> Network:
        """Declares the network's hyperparameters and returns the network at their values."""
        declare_network(hp, self.options)
        length = min(self.input_shape[0], self.options.max_length)
        return network_of(hp.values, length=length, vocabulary_size=self.vocabulary_size)

    def choose_optimizer(self, hp: keras_tuner.HyperParameters) -> keras.optimizers.Optimizer:
        return choose_optimizer(hp, WORDS)

    def declare_hyperparameters(self, hp: keras_tuner.HyperParameters) -> None:
        """Declares the whole space without building a model."""
        self.choose_network(hp)
        self.declare_classifier(hp)

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Returns the compiled model that the values in ``hp`` describe.

        Input "tokens": (batch, length), int32: 0 is padding at the end, 1 an unknown word, other
        numbers are words by descending frequency. Output "probabilities": (batch, num_classes), in
        float32 in every dtype policy. Dropout acts in training only.
        """
        network = self.choose_network(hp)
        tokens = keras.Input(self.input_shape, dtype="int32", name="tokens")
        return self.classifier(hp, tokens, build_features(tokens, network))


def declare_network(hp: keras_tuner.HyperParameters, options: TextOptions) -> None:
    """Declares the network's hyperparameters."""
    hp.Choice("length", _LENGTHS, default=_LENGTHS[-1])
    hp.Choice("vocabulary", _VOCABULARIES, default=_VOCABULARIES[-1])
    sizes = doubled_sizes(_SMALLEST, options.max_embedding)
    hp.Choice("embedding", sizes, default=at_most(_DEFAULT_EMBEDDING, sizes))
    hp.Choice("encoder", _ENCODERS)
    with hp.conditional_scope("encoder", ["bag"]):
        _declare_bag(hp)
    with hp.conditional_scope("encoder", ["convolutional"]):
        _declare_convolutional(hp, options)
    with hp.conditional_scope("encoder", ["recurrent"]):
        _declare_recurrent(hp, options)
    with hp.conditional_scope("encoder", ["transformer"]):
        _declare_transformer(hp, options)
    hp.Choice("pooling", ["average", "max", "both"])
    hp.Choice("units", [0, *doubled_sizes(_SMALLEST, options.max_units)], default=0)
    hp.Float("word_dropout", 0.0, 0.4, step=0.1, default=0.3)
    hp.Float("embedding_dropout", 0.0, 0.5, step=0.1, default=0.5)


def _declare_bag(hp: keras_tuner.HyperParameters) -> None:
    hp.Int("bag/ngrams", 1, 3, default=1)
    with hp.conditional_scope("bag/ngrams", [2, 3]):
        hp.Choice("bag/buckets", _BUCKETS, default=16_384)


def _declare_convolutional(hp: keras_tuner.HyperParameters, options: TextOptions) -> None:
    sizes = doubled_sizes(_SMALLEST, options.max_units)
    hp.Choice("convolutional/kind", ["parallel", "separable"])
    hp.Choice("convolutional/filters", sizes, default=at_most(_DEFAULT_FILTERS, sizes))
    with hp.conditional_scope("convolutional/kind", ["parallel"]):
        hp.Choice("convolutional/kernels", _KERNELS, default="3,4,5")
    with hp.conditional_scope("convolutional/kind", ["separable"]):
        hp.Int("convolutional/layers", 1, options.max_layers, default=min(2, options.max_layers))
        hp.Choice("convolutional/kernel", [3, 5, 7])


def _declare_recurrent(hp: keras_tuner.HyperParameters, options: TextOptions) -> None:
    sizes = doubled_sizes(_SMALLEST, options.max_units)
    hp.Choice("recurrent/cell", ["gru", "lstm"])
    hp.Choice("recurrent/units", sizes, default=at_most(_DEFAULT_UNITS, sizes))
    hp.Int("recurrent/layers", 1, min(_MOST_RECURRENT, options.max_layers), default=1)


def _declare_transformer(hp: keras_tuner.HyperParameters, options: TextOptions) -> None:
    hp.Int("transformer/layers", 1, options.max_layers, default=min(2, options.max_layers))
    hp.Choice("transformer/heads", [1, 2, 4, 8], default=4)
    hp.Choice("transformer/expansion", [1, 2, 4], default=2)
