"""Whether mirrored images keep their class."""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_digits

from kubenas.data.kinds.image.mirroring import keeps_class_when_mirrored

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]


def noise(count: int) -> tuple[Images, Labels]:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 60, (count, 40, 40, 1), np.uint8)
    return images, rng.integers(0, 2, count).astype(np.int32)


def test_a_bright_top_is_the_same_in_the_mirror() -> None:
    images, labels = noise(200)
    images[labels == 1, :20] += 100
    assert keeps_class_when_mirrored(images, labels)


def test_a_bright_left_side_is_another_class_in_the_mirror() -> None:
    images, labels = noise(200)
    images[labels == 1, :, :20] += 100
    images[labels == 0, :, 20:] += 100
    assert not keeps_class_when_mirrored(images, labels)


def test_digits_are_not_mirrored() -> None:
    digits = load_digits()
    assert not keeps_class_when_mirrored(
        digits.images[..., np.newaxis], digits.target.astype(np.int32)
    )


@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_images_that_tell_nothing_are_not_mirrored(count: int) -> None:
    assert not keeps_class_when_mirrored(*noise(count))
