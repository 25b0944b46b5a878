"""Extraction of a small subset of a prepared data set, for a rehearsal of a trial."""

from pathlib import Path

import tensorflow as tf

from kubenas.data.dataset.schema import SCHEMA_FILE, SPLITS, Split, SplitName
from kubenas.data.loading import Shards
from kubenas.data.preparation.shards import describe_shard

_SHARD = "{}-00000.tfrecord"


def write_subset(dataset: Shards, folder: Path, *, examples: int) -> None:
    """Writes the first ``examples`` of each split of ``dataset`` to ``folder``.

    The subset keeps the shape, the classes, the normalisation and the class counts of the whole
    data set.
    """
    folder.mkdir(parents=True)
    schema = dataset.schema
    splits = {name: _write_split(dataset, name, folder, examples) for name in SPLITS}
    subset = schema.model_copy(update={"splits": splits, "digest": f"{schema.digest}-excerpt"})
    (folder / SCHEMA_FILE).write_bytes(subset.to_json())


def _write_split(dataset: Shards, name: SplitName, folder: Path, examples: int) -> Split:
    split = dataset.schema.splits[name]
    shards = tf.data.Dataset.from_tensor_slices([shard.name for shard in split.shards])
    records = dataset.records(shards, cycle_length=1).take(examples)
    path = folder / _SHARD.format(name)
    count = 0
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records.as_numpy_iterator():
            writer.write(record)
            count += 1
    shard = describe_shard(path, count)
    return split.model_copy(update={"examples": count, "shards": (shard,)})
