"""Extraction of a subset of a data set."""

from pathlib import Path

import numpy as np

from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.loading import load_raw, load_split
from kubenas.data.preparation.prepare import PreparedDataset
from kubenas.data.preparation.subset import write_subset


def test_the_subset_has_the_first_examples_and_the_same_normalisation(
    prepared: PreparedDataset, tmp_path: Path
) -> None:
    whole = LocalShards(Path(prepared.uri))
    write_subset(whole, tmp_path / "subset", examples=7)
    subset = LocalShards(tmp_path / "subset")
    assert subset.schema.digest != whole.schema.digest
    for split in ("train", "validation", "test"):
        assert subset.schema.splits[split].examples == 7
        for load in (load_raw, load_split):
            (images, labels) = next(iter(load(subset, split, batch_size=7)))
            expected, classes = next(iter(load(whole, split, batch_size=7)))
            assert np.array_equal(images, expected)
            assert np.array_equal(labels, classes)


def test_a_split_with_fewer_examples_is_taken_whole(
    prepared: PreparedDataset, tmp_path: Path
) -> None:
    whole = LocalShards(Path(prepared.uri))
    write_subset(whole, tmp_path / "subset", examples=10**6)
    subset = LocalShards(tmp_path / "subset")
    for name, split in whole.schema.splits.items():
        assert subset.schema.splits[name].examples == split.examples
