"""Assignment of examples to splits by their pixels."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kubenas.config import DataConfig
from kubenas.data.preparation.splitting import content_key, split_for_key

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
