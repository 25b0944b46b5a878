"""A network of the space ``text`` and the values that describe it. Imports no Keras."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Pooling: TypeAlias = Literal["average", "max", "both"]
Cell: TypeAlias = Literal["gru", "lstm"]


@dataclass(frozen=True)
class Bag:
    """The embeddings themselves, without the order of the words beyond their n-grams.

    Joulin et al., Bag of Tricks for Efficient Text Classification (fastText), EACL 2017.
    """

    ngrams: int
    """Words of the longest n-grams with an embedding; 1: words only."""
    buckets: int
    """Embeddings that the n-grams share by their hashes; 0 without n-grams."""


@dataclass(frozen=True)
class ParallelConvolutions:
    """Convolutions of several lengths on the embeddings, side by side.

    Kim, Convolutional Neural Networks for Sentence Classification (TextCNN), EMNLP 2014.
    """

    kernels: tuple[int, ...]
    """Words that each convolution sees."""
    filters: int
    """Filters of each convolution."""


@dataclass(frozen=True)
class SeparableConvolutions:
    """Separable convolutions one after the other, with shortcuts between equal shapes."""

    layers: int
    kernel: int
    filters: int


@dataclass(frozen=True)
class Recurrent:
    """Bidirectional recurrent layers."""

    cell: Cell
    units: int
    """Units of each direction."""
    layers: int


@dataclass(frozen=True)
class Transformer:
    """Encoder layers with learned positions (Vaswani et al., Attention Is All You Need, 2017).

    Normalisation comes first in each branch (Xiong et al., On Layer Normalization in the
    Transformer Architecture, ICML 2020).
    """

    layers: int
    heads: int
    expansion: int
    """Units of the feed-forward layer for each value of an embedding."""


Encoder: TypeAlias = Bag | ParallelConvolutions | SeparableConvolutions | Recurrent | Transformer


@dataclass(frozen=True)
class Network:
    """A network without its weights."""

    length: int
    """Tokens that are read, from the first one."""
    vocabulary: int
    """Different tokens that are read, with padding and the unknown word."""
    embedding: int
    """Size of an embedding."""
    encoder: Encoder
    pooling: Pooling
    units: int
    """Units of the dense layer before the output; 0: none."""
    word_dropout: float
    """Share of the words that training makes unknown."""
    embedding_dropout: float
    """Share of the embeddings' values, and of a Transformer's branches, that training drops."""

    @property
    def embeddings(self) -> int:
        """Number of embeddings, those of n-grams included."""
        return self.vocabulary + (self.encoder.buckets if isinstance(self.encoder, Bag) else 0)

    @property
    def positions(self) -> int:
        """Embeddings of a text: of its words, and of its n-grams if there are."""
        ngrams = self.encoder.ngrams if isinstance(self.encoder, Bag) else 1
        return sum(self.length - size + 1 for size in range(1, ngrams + 1))


def network_of(values: Mapping[str, Any], *, length: int, vocabulary_size: int) -> Network:
    """Returns the network that hyperparameters describe.

    Args:
        values: at least the active hyperparameters, by name.
        length: largest number of tokens that may be read; "length" is a share of it.
        vocabulary_size: number of different tokens; a larger "vocabulary" reads all of them.
    """
    read = math.ceil(values["length"] * length)
    return Network(
        length=read,
        vocabulary=min(values["vocabulary"], vocabulary_size),
        embedding=values["embedding"],
        encoder=_encoder(values, read),
        pooling=values["pooling"],
        units=values["units"],
        word_dropout=values["word_dropout"],
        embedding_dropout=values["embedding_dropout"],
    )


def _encoder(values: Mapping[str, Any], length: int) -> Encoder:
    match values["encoder"]:
        case "bag":
            return _bag(values, length)
        case "convolutional":
            return _convolutional(values)
        case "recurrent":
            units, layers = values["recurrent/units"], values["recurrent/layers"]
            return Recurrent(values["recurrent/cell"], units, layers)
        case _:
            return Transformer(
                values["transformer/layers"],
                values["transformer/heads"],
                values["transformer/expansion"],
            )


def _bag(values: Mapping[str, Any], length: int) -> Bag:
    ngrams = min(values["bag/ngrams"], length)
    return Bag(ngrams, values["bag/buckets"] if ngrams > 1 else 0)


def _convolutional(values: Mapping[str, Any]) -> ParallelConvolutions | SeparableConvolutions:
    filters = values["convolutional/filters"]
    if values["convolutional/kind"] == "parallel":
        kernels = tuple(int(kernel) for kernel in values["convolutional/kernels"].split(","))
        return ParallelConvolutions(kernels, filters)
    return SeparableConvolutions(
        values["convolutional/layers"], values["convolutional/kernel"], filters
    )


def key_size(embedding: int, heads: int) -> int:
    """Returns the size of the queries and keys of an attention head."""
    return embedding // heads
