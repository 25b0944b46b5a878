"""Functions that write a split to TFRecord files."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import tensorflow as tf

from kubenas.data.dataset.checksum import file_sha256
from kubenas.data.dataset.schema import KindName, Shard, Split, SplitName
from kubenas.data.preparation.example_buffer import BufferedSplit
from kubenas.data.source import ReportProgress
from kubenas.errors import StorageError, StorageFull

SHARD_BYTES = 64 << 20


def write_split(
    split: BufferedSplit,
    folder: Path,
    name: SplitName,
    *,
    kind: KindName,
    classes: int,
    report: ReportProgress | None = None,
) -> Split:
    """Writes ``split`` to one or more shards of about ``SHARD_BYTES``.

    Raises:
        StorageError: A shard cannot be written.
    """
    count = max(1, -(-split.size // SHARD_BYTES))
    ends = [len(split) * (number + 1) // count for number in range(count)]
    examples, shards, start = split.examples(), [], 0
    for number, end in enumerate(ends):
        path = folder / f"{name}-{number:05d}-of-{count:05d}.tfrecord"
        _write(path, islice(examples, end - start), kind)
        shards.append(describe_shard(path, end - start))
        start = end
        if report:
            report(f"writing {name} examples", end, len(split))
    return Split(
        examples=len(split), shards=tuple(shards), class_counts=split.class_counts(classes)
    )


def _write(path: Path, examples: Iterator[tuple[bytes, int]], kind: KindName) -> None:
    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for content, label in examples:
                writer.write(_serialize(kind, content, label))
    except tf.errors.ResourceExhaustedError as error:
        raise StorageFull(
            f"{path}: the disk is full; free some space and run the same command again"
        ) from error
    except tf.errors.OpError as error:
        raise StorageError(f"{path}: cannot be written: {error.message}") from error


def _serialize(kind: KindName, content: bytes, label: int) -> bytes:
    features = {
        kind: tf.train.Feature(bytes_list=tf.train.BytesList(value=[content])),
        "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    data: bytes = example.SerializeToString(deterministic=True)
    return data


def describe_shard(path: Path, examples: int) -> Shard:
    """Returns the schema's description of the shard at ``path``."""
    size, digest = path.stat().st_size, file_sha256(path)
    return Shard(name=path.name, examples=examples, size=size, sha256=digest)
