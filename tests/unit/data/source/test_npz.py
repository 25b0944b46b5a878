"""The data source for .npz files."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.data.npy_stream import CHUNK_BYTES
from kubenas.data.source.npz import NpzSource
from kubenas.errors import UserError

Save = Callable[..., Path]
LABELS = np.arange(12) % 2
IMAGES = np.arange(12 * 4 * 3).reshape(12, 4, 3)


def with_value(value: float) -> Any:
    images = IMAGES.astype(np.float64)
    images[7, 1, 2] = value
    return images


@pytest.mark.parametrize("compressed", [False, True])
def test_yields_images_and_labels_in_order(save_npz: Save, compressed: bool) -> None:
    numbers = np.random.default_rng(1)
    images = numbers.integers(0, 256, (CHUNK_BYTES // 4000, 100, 100), np.uint8)
    labels = numbers.integers(0, 3, len(images))
    source = NpzSource(save_npz(compressed=compressed, x=images, y=labels))
    read = list(source.examples(source.inspect(None)))
    assert images.nbytes > CHUNK_BYTES
    assert np.array_equal(np.stack([image[:, :, 0] for image, *_ in read]), images)
    assert [label for _, label, _ in read] == labels.tolist()


@pytest.mark.parametrize(
    ("images", "dtype"),
    [
        (IMAGES.astype(np.uint8), "uint8"),
        (IMAGES.astype(">i8"), "uint8"),
        (IMAGES % 2 == 0, "uint8"),
        (IMAGES + 200, "float32"),
        (IMAGES - 1, "float32"),
        (IMAGES.astype(np.float16), "float32"),
        (IMAGES / 7, "float32"),
    ],
)
def test_stores_uint8_only_without_loss(save_npz: Save, images: Any, dtype: str) -> None:
    source = NpzSource(save_npz(x=images, y=LABELS))
    info = source.inspect(None)
    read = np.stack([image for image, *_ in source.examples(info)])
    assert info.dtype == read.dtype == dtype
    assert np.allclose(read[..., 0], images, rtol=1e-6)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array([3, 10, -1]), ("-1", "3", "10")),
        (np.array(["dog", "cat", "eel"]), ("cat", "dog", "eel")),
        (np.array([b"dog", b"cat", b"eel"]), ("cat", "dog", "eel")),
        (np.array([2.0, 1.0, 0.0]), ("0", "1", "2")),
        (np.array([[5], [6], [7]]), ("5", "6", "7")),
    ],
)
def test_names_classes_after_labels(save_npz: Save, labels: Any, names: tuple[str, ...]) -> None:
    source = NpzSource(save_npz(x=IMAGES, y=np.concatenate([labels] * 4)))
    info = source.inspect(None)
    assert info.classes == names
    assert info.class_counts == (4, 4, 4)
    assert sum(example.label == 0 for example in source.examples(info)) == 4


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": IMAGES, "y": LABELS}, "no array 'y_train', found x_train, y"),
        ({"data": IMAGES}, "no array 'x' and 'y', found data"),
        ({"x": IMAGES.astype(object), "y": LABELS}, "x contains Python objects"),
        ({"x": IMAGES, "y": np.array(["a", 1], object)}, "y contains Python objects"),
        ({"x": IMAGES, "y": LABELS[:-1]}, "x has 12 examples and y has 11"),
        ({"x": IMAGES[:, 0], "y": LABELS}, "x has shape (12, 3)"),
        (
            {"x": np.zeros((12, 8, 8, 5)), "y": LABELS},
            "thus 5 channels; the last axis must be 1 to 4",
        ),
        ({"x": np.zeros((12, 3, 8, 8)), "y": LABELS}, "save x.transpose(0, 2, 3, 1)"),
        ({"x": np.zeros((12, 0, 3)), "y": LABELS}, "thus no pixels"),
        ({"x": np.asfortranarray(IMAGES), "y": LABELS}, "numpy.ascontiguousarray(x)"),
        ({"x": IMAGES.astype("S1"), "y": LABELS}, "x has dtype |S1"),
        ({"x": with_value(np.nan), "y": LABELS}, "1 values of x are NaN"),
        ({"x": with_value(np.inf), "y": LABELS}, "the first is x[7, 1, 2]"),
        ({"x": with_value(1e300), "y": LABELS}, "too large for float32"),
        ({"x": IMAGES, "y": LABELS + 0.5}, "12 labels in y are not integers"),
        ({"x": IMAGES, "y": np.where(LABELS, np.nan, 1.0)}, "the first is y[1] = nan"),
        ({"x": IMAGES, "y": np.eye(2)[LABELS]}, "y is one-hot encoded with shape (12, 2)"),
        ({"x": IMAGES, "y": np.zeros((12, 2))}, "y has shape (12, 2)"),
        ({"x": IMAGES, "y": LABELS.astype(complex)}, "y has dtype complex128"),
    ],
)
def test_rejects_invalid_arrays(save_npz: Save, arrays: dict[str, Any], says: str) -> None:
    path = save_npz(**arrays)
    with pytest.raises(UserError) as raised:
        NpzSource(path).inspect(None)
    message = str(raised.value)
    assert says in message
    assert message.startswith(f"{path}: ")
    assert "\n" not in message


def test_rejects_a_file_that_is_not_an_npz(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"not an \.npz file"):
        NpzSource(path).inspect(None)


def test_rejects_a_member_that_is_not_an_array(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.npz", "w") as archive:
        archive.writestr("x.npy", "no array")
        archive.writestr("y", "no array either")
        archive.writestr("y.npy", "")
    with pytest.raises(UserError, match="x is not a NumPy array"):
        NpzSource(tmp_path / "set.npz").inspect(None)


def test_rejects_an_encrypted_file(save_npz: Save) -> None:
    path = save_npz(x=IMAGES, y=LABELS)
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="without a password"):
        NpzSource(path).inspect(None)


@pytest.mark.parametrize("compressed", [False, True])
def test_rejects_a_damaged_array(save_npz: Save, compressed: bool) -> None:
    images = np.random.default_rng(2).integers(0, 256, (12, 40, 40), np.uint8)
    path = save_npz(compressed=compressed, x=images, y=LABELS)
    data = bytearray(path.read_bytes())
    data[5000:5200] = bytes(200)
    path.write_bytes(data)
    source = NpzSource(path)
    with pytest.raises(UserError, match="damaged or truncated"):
        list(source.examples(source.inspect(None)))
