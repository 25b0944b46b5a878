"""Keras layers of the encoders: from embeddings (batch, length, size) to values of the words.

Values of padding may be anything in the result. No encoder lets them change those of words.
"""

from typing import Any, assert_never

import keras

from kubenas.spaces.text.network import (
    Bag,
    Network,
    ParallelConvolutions,
    Recurrent,
    SeparableConvolutions,
    Transformer,
    key_size,
)

_CELLS = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


def encode(
    values: keras.KerasTensor, mask: keras.KerasTensor, network: Network
) -> keras.KerasTensor:
    """Returns the values of the words (batch, length, units).

    Args:
        values: embeddings (batch, length, size).
        mask: whether there is a word (batch, length).
        network: the network.
    """
    match network.encoder:
        case Bag():
            return values
        case ParallelConvolutions() as encoder:
            return _parallel(values, mask, encoder)
        case SeparableConvolutions() as encoder:
            return _separable(values, mask, encoder)
        case Recurrent() as encoder:
            return _recurrent(values, mask, encoder)
        case Transformer() as encoder:
            return _transformer(values, mask, encoder, network.embedding_dropout)
        case _:
            assert_never(network.encoder)


def _parallel(
    values: keras.KerasTensor, mask: keras.KerasTensor, encoder: ParallelConvolutions
) -> keras.KerasTensor:
    values = _without_padding(values, mask)
    found = [
        keras.layers.Conv1D(
            encoder.filters, kernel, padding="same", activation="relu", name=f"conv_{kernel}"
        )(values)
        for kernel in encoder.kernels
    ]
    return keras.layers.Concatenate(name="convolutions")(found) if len(found) > 1 else found[0]


def _separable(
    values: keras.KerasTensor, mask: keras.KerasTensor, encoder: SeparableConvolutions
) -> keras.KerasTensor:
    for number in range(1, encoder.layers + 1):
        name = f"conv_{number}"
        before = values
        values = keras.layers.SeparableConv1D(
            encoder.filters, encoder.kernel, padding="same", activation="relu", name=name
        )(_without_padding(before, mask))
        # Not batch normalisation: its statistics would include padding.
        values = keras.layers.LayerNormalization(name=f"{name}_norm")(values)
        if before.shape[-1] == encoder.filters:
            values = keras.layers.Add(name=f"{name}_add")([before, values])
    return values


def _recurrent(
    values: keras.KerasTensor, mask: keras.KerasTensor, encoder: Recurrent
) -> keras.KerasTensor:
    for number in range(1, encoder.layers + 1):
        cell = _CELLS[encoder.cell](encoder.units, return_sequences=True, name=encoder.cell)
        layer = keras.layers.Bidirectional(cell, name=f"{encoder.cell}_{number}")
        values = layer(values, mask=mask)
    return values


def _transformer(
    values: keras.KerasTensor, mask: keras.KerasTensor, encoder: Transformer, dropout: float
) -> keras.KerasTensor:
    values = _add_positions(values, mask)
    seen = keras.ops.expand_dims(mask, 1)
    for number in range(1, encoder.layers + 1):
        name, size = f"layer_{number}", values.shape[-1]
        normed = _norm(f"{name}_attention_norm")(values)
        attention = keras.layers.MultiHeadAttention(
            encoder.heads, key_size(size, encoder.heads), name=f"{name}_attention"
        )
        branch = attention(normed, normed, attention_mask=seen)
        values = _add(values, branch, f"{name}_attention", dropout)
        normed = _norm(f"{name}_feed_forward_norm")(values)
        units = encoder.expansion * size
        branch = keras.layers.Dense(units, "gelu", name=f"{name}_expand")(normed)
        branch = keras.layers.Dense(size, name=f"{name}_project")(branch)
        values = _add(values, branch, f"{name}_feed_forward", dropout)
    return _norm("norm")(values)


def _norm(name: str) -> keras.Layer:
    return keras.layers.LayerNormalization(name=name)


def _add(
    values: keras.KerasTensor, branch: keras.KerasTensor, name: str, dropout: float
) -> keras.KerasTensor:
    if dropout:
        branch = keras.layers.Dropout(dropout, name=f"{name}_dropout")(branch)
    return keras.layers.Add(name=f"{name}_add")([values, branch])


def _add_positions(values: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
    length, size = values.shape[1:]
    # From the input, as a constant would leave the embeddings out of the model.
    places = keras.ops.cumsum(keras.ops.ones_like(mask, dtype="int32"), axis=1) - 1
    embeddings = keras.layers.Embedding(length, size, name="positions")(places)
    return keras.layers.Add(name="embedding_and_positions")([values, embeddings])


def _without_padding(values: keras.KerasTensor, mask: keras.KerasTensor) -> Any:
    """Returns ``values`` with zeros at padding, as beyond the ends of the text."""
    return keras.ops.where(keras.ops.expand_dims(mask, -1), values, 0.0)
