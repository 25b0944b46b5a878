"""Functions that load the splits of a prepared data set as ``tf.data.Dataset``."""

import math
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
from kubenas.data.kinds.registry import example_tensors
from kubenas.data.kinds.tensors import View
from kubenas.errors import StorageError

IN_MEMORY_BYTES = 256 << 20
"""Splits smaller than this are decoded once per process and kept in memory, not normalised."""

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
    """Returns batches of preprocessed examples (b, *shape) and int32 labels (b,).

    They are what a network takes: normalised float32 images, or int32 numbers of words.

    With ``shuffle_seed`` the order differs in each epoch, and the same seed gives the same orders.
    Without it the batches are in file order. Local and streamed shards give the same orders.

    Raises:
        StorageError: The data set is missing or damaged.
        ValueError: There is no such split.
    """
    request = _make_request(dataset, split, batch_size, shuffle_seed)
    view = example_tensors(request.schema).preprocessed
    return _make_batches(request, in_memory_bytes, view).prefetch(tf.data.AUTOTUNE)


def load_raw(
    dataset: Path | Shards,
    split: str,
    *,
    batch_size: int,
    in_memory_bytes: int = IN_MEMORY_BYTES,
) -> Batches:
    """Returns batches as a client sends them: float32 pixels, or texts. They are in file order."""
    request = _make_request(dataset, split, batch_size, None)
    view = example_tensors(request.schema).raw
    return _make_batches(request, in_memory_bytes, view).prefetch(tf.data.AUTOTUNE)


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


def _make_batches(request: _Request, in_memory_bytes: int, view: View) -> Batches:
    stored = request.split.examples * request.schema.example_bytes(request.name)
    values = request.split.examples * math.prod(view.shape) * np.dtype(view.dtype).itemsize
    if max(stored, values) < in_memory_bytes:
        return _from_memory(request, view)
    return _from_shards(request, view)


def _from_memory(request: _Request, view: View) -> Batches:
    """Shuffles indices and gathers whole batches, without an operation per example."""
    values, labels = _decode_split(request.shards, request.name, request.schema.digest, view)
    count = request.split.examples
    indices = tf.data.Dataset.range(count)
    if request.shuffle_seed is not None:
        indices = indices.shuffle(count, request.shuffle_seed, reshuffle_each_iteration=True)
    return indices.batch(request.batch_size).map(
        lambda chosen: (view.finish(tf.gather(values, chosen)), tf.gather(labels, chosen)),
        num_parallel_calls=tf.data.AUTOTUNE,
    )


def _from_shards(request: _Request, view: View) -> Batches:
    """Reads the shards, whose examples are shuffled, through a bounded shuffle buffer."""
    parse = _make_parser(request.schema)
    if request.shuffle_seed is None:
        records = request.shards.records(request.names, cycle_length=1)
    else:
        records = _shuffle_records(request, request.shuffle_seed)

    def read(data: tf.Tensor) -> Tensors:
        stored, labels = parse(data)
        return view.finish(view.decode(stored)), labels

    return (
        records.apply(tf.data.experimental.assert_cardinality(request.split.examples))
        .batch(request.batch_size)
        .map(read, num_parallel_calls=tf.data.AUTOTUNE)
    )


def _shuffle_records(request: _Request, seed: int) -> Batches:
    fitting = _SHUFFLE_BUFFER_BYTES // request.schema.example_bytes(request.name)
    shards = request.names.shuffle(len(request.split.shards), seed, reshuffle_each_iteration=True)
    return request.shards.records(shards, cycle_length=_INTERLEAVED_SHARDS).shuffle(
        min(request.split.examples, max(_MIN_SHUFFLE_BUFFER, fitting)),
        seed,
        reshuffle_each_iteration=True,
    )


@lru_cache(maxsize=2 * len(SPLITS))
def _decode_split(shards: Shards, name: SplitName, digest: str, view: View) -> Tensors:  # noqa: ARG001  a cache key
    """Returns all examples of a split in file order, cached for the next trial."""
    split = shards.schema.splits[name]
    values = np.empty((split.examples, *view.shape), view.dtype)
    labels = np.empty(split.examples, np.int32)
    parse = _make_parser(shards.schema)

    def read(data: tf.Tensor) -> Tensors:
        stored, some_labels = parse(data)
        return view.decode(stored), some_labels

    names = tf.constant([shard.name for shard in split.shards], tf.string)
    named = tf.data.Dataset.from_tensor_slices(names)
    records = shards.records(named, cycle_length=1).batch(_DECODE_BATCH_SIZE)
    done = 0
    try:
        for some_values, some_labels in records.map(read).as_numpy_iterator():
            values[done : done + len(some_values)] = some_values
            labels[done : done + len(some_values)] = some_labels
            done += len(some_values)
    except tf.errors.DataLossError as error:
        raise StorageError(
            f"{shards.uri}: a shard of the split '{name}' is damaged; delete the folder and prepare"
            " the data again"
        ) from error
    with tf.device("CPU"):  # tf.data runs on the CPU
        return tf.constant(values), tf.constant(labels)


def _make_parser(schema: DataSchema) -> Callable[[tf.Tensor], Tensors]:
    """Returns a function from records to the stored bytes and the labels of the examples."""
    features = {
        schema.kind: tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
    }

    def parse(records: tf.Tensor) -> Tensors:
        parsed = tf.io.parse_example(records, features)
        return parsed[schema.kind], tf.cast(parsed["label"], tf.int32)

    return parse
