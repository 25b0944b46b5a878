"""Assignment of examples to splits by their pixels."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kubenas.config import DataConfig
from kubenas.data.dataset.example_index import INDEX_DTYPE
from kubenas.data.dataset.schema import SPLITS
from kubenas.data.kinds.registry import example_kind
from kubenas.data.preparation.splitting import assign_splits, count_leaks, split_for_key

content_key = example_kind("image").content_key
images = arrays.arrays(np.uint8, (3, 4, 1))


@given(images, st.sampled_from([np.int64, np.float32, np.float64]))
def test_the_key_is_independent_of_the_dtype(
    image: npt.NDArray[np.uint8], dtype: type[np.generic]
) -> None:
    assert content_key(image, 1) == content_key(image.astype(dtype), 1)


@given(images)
def test_the_key_depends_on_shape_and_seed(image: npt.NDArray[np.uint8]) -> None:
    key = content_key(image, 1)
    assert key != content_key(image.reshape(4, 3, 1), 1)
    assert key != content_key(image, 2)
    assert key != content_key(image + np.float32(0.5), 1)


def test_split_sizes_match_the_config() -> None:
    config = DataConfig(source="digits", test_fraction=0.1, validation_fraction=0.3)
    numbers = np.random.default_rng(0).integers(0, 256, (4000, 3, 3, 1), np.uint8)
    splits = [split_for_key(content_key(image, 1), config) for image in numbers]
    assert abs(splits.count("test") - 400) < 80
    assert abs(splits.count("validation") - 1200) < 120


def test_the_limits_of_the_key_range() -> None:
    config = DataConfig(source="digits", test_fraction=0.25, validation_fraction=0.25)
    assert split_for_key(0, config) == "test"
    assert split_for_key(1 << 62, config) == "validation"
    assert split_for_key(1 << 63, config) == "train"
    assert split_for_key((1 << 64) - 1, config) == "train"


def assigned(
    groups: list[int], given: list[str], labels: list[int] | None = None, **config: float
) -> dict[str, set[int]]:
    index = np.zeros(len(groups), INDEX_DTYPE)
    index["key"] = np.random.default_rng(3).integers(0, 1 << 63, len(groups), np.uint64) * 2
    index["label"] = labels or 0
    codes = np.array([SPLITS.index(name) if name else -1 for name in given], np.int8)
    settings = DataConfig(source="digits", **config)
    found = assign_splits(index, np.array(groups), settings, codes)
    return {split: set(positions.tolist()) for split, positions in found.items()}


def test_given_splits_are_kept() -> None:
    given = ["train", "test", "validation", "train", "test"]
    assert assigned([0, 1, 2, 3, 4], given) == {"train": {0, 3}, "validation": {2}, "test": {1, 4}}


def test_splits_that_are_not_given_are_taken_from_the_training_examples() -> None:
    given = ["train"] * 900 + ["test"] * 100
    found = assigned([*range(1000)], given, validation_fraction=0.2, test_fraction=0.7)
    assert found["test"] == set(range(900, 1000))
    assert 130 < len(found["validation"]) < 230
    assert found["train"] | found["validation"] == set(range(900))


def test_an_example_that_is_held_out_is_not_trained_on() -> None:
    """Examples 0, 1 and 2 are alike, and 3 and 4."""
    given = ["train", "validation", "test", "validation", "train", "train"]
    groups = [0, 0, 0, 1, 1, 2]
    assert assigned(groups, given) == {"train": {5}, "validation": {3}, "test": {2}}
    codes = np.array([SPLITS.index(name) for name in given], np.int8)
    assert count_leaks(np.array(groups), codes) == 3


def test_the_test_split_keeps_one_of_each_label_of_a_group() -> None:
    given = ["test", "test", "test", "train"]
    found = assigned([0, 0, 0, 0], given, labels=[1, 1, 2, 1])
    assert len(found["test"]) == 2
    assert 2 in found["test"]
    assert not found["train"]
