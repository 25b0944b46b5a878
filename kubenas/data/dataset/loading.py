"""Functions that load the splits of a prepared data set as ``tf.data.Dataset``."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import tensorflow as tf

from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.dataset.schema import SPLITS, DataSchema, Split, SplitName
from kubenas.data.dataset.streaming import StreamedShards
from kubenas.errors import StorageError

IN_MEMORY_BYTES = 256 << 20
"""Splits smaller than this are decoded once per process and kept in memory, not normalised."""

_MIN_DEVIATION = 1e-7  # the smallest divisor of keras.layers.Normalization
_SHUFFLE_BUFFER_BYTES = 64 << 20
_MIN_SHUFFLE_BUFFER = 1024
_DECODE_BATCH_SIZE = 512
_INTERLEAVED_SHARDS = 4

Shards: TypeAlias = LocalShards | StreamedShards
Batches: TypeAlias = tf.data.Dataset
Tensors: TypeAlias = tuple[tf.Tensor, tf.Tensor]


@dataclass(frozen=True)
class _Request:
    """The arguments of one load."""

    shards: Shards
    name: SplitName
    batch_size: int
    shuffle_seed: int | None

    @property
    def schema(self) -> DataSchema:
        return self.shards.schema

    @property
    def split(self) -> Split:
        return self.schema.splits[self.name]

    @property
    def names(self) -> tf.data.Dataset:
        """The names of the split's shards."""
        names = [shard.name for shard in self.split.shards]
        return tf.data.Dataset.from_tensor_slices(tf.constant(names, tf.string))


def load_split(
    dataset: Path | Shards,
    split: str,
    *,
    batch_size: int,
    shuffle_seed: int | None = None,
    in_memory_bytes: int = IN_MEMORY_BYTES,
) -> Batches:
    """Returns batches of normalised float32 images (b, h, w, c) and int32 labels (b,).

    With ``shuffle_seed`` the order differs in each epoch, and the same seed gives the same orders.
    Without it the batches are in file order. Local and streamed shards give the same orders.

    Raises:
        StorageError: The data set is missing or damaged.
        ValueError: There is no such split.
    """
    request = _make_request(dataset, split, batch_size, shuffle_seed)
    normalize = _make_normalizer(request.schema)
    return _make_batches(request, in_memory_bytes, transform=normalize).prefetch(tf.data.AUTOTUNE)


def load_raw(
    dataset: Path | Shards,
    split: str,
    *,
    batch_size: int,
    in_memory_bytes: int = IN_MEMORY_BYTES,
) -> Batches:
    """Returns batches as :func:`load_split` does, in file order and without normalisation."""
    request = _make_request(dataset, split, batch_size, None)
    return _make_batches(request, in_memory_bytes, transform=_as_float).prefetch(tf.data.AUTOTUNE)


def _make_request(
    dataset: Path | Shards, split: str, batch_size: int, shuffle_seed: int | None
) -> _Request:
    names: dict[str, SplitName] = {name: name for name in SPLITS}
    if split not in names:
        raise ValueError(f"no split '{split}'; use one of {', '.join(SPLITS)}")
    shards = LocalShards(dataset) if isinstance(dataset, Path) else dataset
    request = _Request(shards, names[split], batch_size, shuffle_seed)
    _check_shards(request)
    return request


def _check_shards(request: _Request) -> None:
    sizes = request.shards.sizes()
    for shard in request.split.shards:
        size = sizes.get(shard.name)
        if size != shard.size:
            found = "missing" if size is None else f"damaged, {size} bytes instead of {shard.size}"
            raise StorageError(
                f"{request.shards.uri}/{shard.name}: {found}; prepare the data again"
            )
        request.shards.verify(shard)


def _make_batches(
    request: _Request, in_memory_bytes: int, *, transform: Callable[[tf.Tensor, tf.Tensor], Tensors]
) -> Batches:
    if request.split.examples * request.schema.example_bytes < in_memory_bytes:
        return _from_memory(request, transform)
    return _from_shards(request, transform)


def _from_memory(
    request: _Request, transform: Callable[[tf.Tensor, tf.Tensor], Tensors]
) -> Batches:
    """Shuffles indices and gathers whole batches, without an operation per example."""
    images, labels = _decode_split(request.shards, request.name, request.schema.digest)
    count = request.split.examples
    indices = tf.data.Dataset.range(count)
    if request.shuffle_seed is not None:
        indices = indices.shuffle(count, request.shuffle_seed, reshuffle_each_iteration=True)
    return indices.batch(request.batch_size).map(
        lambda chosen: transform(tf.gather(images, chosen), tf.gather(labels, chosen)),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def _from_shards(
    request: _Request, transform: Callable[[tf.Tensor, tf.Tensor], Tensors]
) -> Batches:
    """Reads the shards, whose examples are shuffled, through a bounded shuffle buffer."""
    parse = _make_parser(request.schema)
    if request.shuffle_seed is None:
        records = request.shards.records(request.names, cycle_length=1)
    else:
        records = _shuffle_records(request, request.shuffle_seed)
    return (
        records.apply(tf.data.experimental.assert_cardinality(request.split.examples))
        .batch(request.batch_size)
        .map(lambda data: transform(*parse(data)), num_parallel_calls=tf.data.AUTOTUNE)
    )


def _shuffle_records(request: _Request, seed: int) -> Batches:
    fitting = _SHUFFLE_BUFFER_BYTES // request.schema.example_bytes
    shards = request.names.shuffle(len(request.split.shards), seed, reshuffle_each_iteration=True)
    return request.shards.records(shards, cycle_length=_INTERLEAVED_SHARDS).shuffle(
        min(request.split.examples, max(_MIN_SHUFFLE_BUFFER, fitting)),
        seed,
        reshuffle_each_iteration=True,
    )


@lru_cache(maxsize=len(SPLITS))
def _decode_split(shards: Shards, name: SplitName, digest: str) -> Tensors:  # noqa: ARG001  a cache key
    """Returns all examples of a split in file order, cached for the next trial."""
    schema = shards.schema
    split = schema.splits[name]
    images = np.empty((split.examples, *schema.shape), schema.dtype)
    labels = np.empty(split.examples, np.int32)
    names = tf.constant([shard.name for shard in split.shards], tf.string)
    named = tf.data.Dataset.from_tensor_slices(names)
    records = shards.records(named, cycle_length=1).batch(_DECODE_BATCH_SIZE)
    done = 0
    try:
        for some_images, some_labels in records.map(_make_parser(schema)).as_numpy_iterator():
            images[done : done + len(some_images)] = some_images
            labels[done : done + len(some_images)] = some_labels
            done += len(some_images)
    except tf.errors.DataLossError as error:
        raise StorageError(
            f"{shards.uri}: a shard of the split '{name}' is damaged; delete the folder and prepare"
            " the data again"
        ) from error
    with tf.device("CPU"):  # tf.data runs on the CPU
        return tf.constant(images), tf.constant(labels)


def _make_parser(schema: DataSchema) -> Callable[[tf.Tensor], Tensors]:
    features = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }

    def parse(records: tf.Tensor) -> Tensors:
        parsed = tf.io.parse_example(records, features)
        pixels = tf.io.decode_raw(parsed["image"], schema.dtype)
        return tf.reshape(pixels, (-1, *schema.shape)), tf.cast(parsed["label"], tf.int32)

    return parse


def _make_normalizer(schema: DataSchema) -> Callable[[tf.Tensor, tf.Tensor], Tensors]:
    mean = np.asarray(schema.normalization.mean, np.float32)
    deviation = np.sqrt(np.asarray(schema.normalization.variance, np.float32))
    scale = np.maximum(deviation, np.float32(_MIN_DEVIATION))

    def normalize(images: tf.Tensor, labels: tf.Tensor) -> Tensors:
        return (tf.cast(images, tf.float32) - mean) / scale, labels

    return normalize


def _as_float(images: tf.Tensor, labels: tf.Tensor) -> Tensors:
    return tf.cast(images, tf.float32), labels
