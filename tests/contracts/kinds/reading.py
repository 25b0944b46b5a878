"""Functions that read whole splits."""

from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.loading import load_raw
from kubenas.data.preparation.prepare import PreparedDataset
from tests.contracts.kinds.samples import Sample


class Whole(NamedTuple):
    """All examples of a split."""

    values: npt.NDArray[Any]
    labels: npt.NDArray[np.int32]


def whole(batches: tf.data.Dataset) -> Whole:
    values, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return Whole(np.concatenate(values), np.concatenate(labels))


def same(one: Whole, two: Whole) -> bool:
    return np.array_equal(one.values, two.values) and np.array_equal(one.labels, two.labels)


def hashable(raw: object) -> Hashable:
    """Returns an example as a client sends it, as a key of dictionaries."""
    return raw if isinstance(raw, bytes) else np.asarray(raw, np.float32).tobytes()


def split_of_each(prepared: PreparedDataset) -> dict[Hashable, SplitName]:
    """Returns the split of each different example."""
    found: dict[Hashable, SplitName] = {}
    for split in SPLITS:
        for value, _ in examples_of(prepared, split):
            assert found.setdefault(value, split) == split
    return found


def examples_of(prepared: PreparedDataset, split: str) -> Iterator[tuple[Hashable, int]]:
    """Yields the examples of a split in the order of the shards."""
    values, labels = whole(load_raw(Path(prepared.uri), split, batch_size=64))
    for value, label in zip(values, labels, strict=True):
        yield hashable(value), int(label)


def counted(sample: Sample, prepared: PreparedDataset, *contents: Any) -> Counter[SplitName]:
    """Returns how many examples with one of the contents each split has."""
    wanted = {hashable(sample.raw(content)) for content in contents}
    return Counter(
        split for split in SPLITS for value, _ in examples_of(prepared, split) if value in wanted
    )
