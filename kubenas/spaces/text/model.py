"""Keras layers of a network of the space ``text``, up to the output layer."""

import keras

from kubenas.spaces.text.encoders import encode
from kubenas.spaces.text.network import Bag, Network
from kubenas.spaces.text.pooling import pool
from kubenas.spaces.text.tokens import PADDING, append_ngrams, read_tokens


def build_features(tokens: keras.KerasTensor, network: Network) -> keras.KerasTensor:
    """Returns the vectors (batch, units) of texts.

    Args:
        tokens: tokens (batch, length), int32.
        network: the network.
    """
    tokens = read_tokens(tokens, network)
    if isinstance(network.encoder, Bag):
        ngrams, buckets = network.encoder.ngrams, network.encoder.buckets
        tokens = append_ngrams(
            tokens, ngrams=ngrams, buckets=buckets, vocabulary=network.vocabulary
        )
    mask = tokens > PADDING
    values = encode(_embed(tokens, network), mask, network)
    values = pool(values, mask, network.pooling)
    if network.units:
        values = keras.layers.Dense(network.units, "relu", name="dense")(values)
    return values


def _embed(tokens: keras.KerasTensor, network: Network) -> keras.KerasTensor:
    layer = keras.layers.Embedding(network.embeddings, network.embedding, name="embedding")
    values = layer(tokens)
    if network.embedding_dropout:
        dropout = keras.layers.Dropout(network.embedding_dropout, name="embedding_dropout")
        values = dropout(values)
    return values
