"""Sources with splits of their own: pairs of arrays, and folders around the class folders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kubenas.data.source import SourceInfo, open_source
from kubenas.errors import UserError

Save = Callable[..., Path]
IMAGES = np.arange(12 * 4).reshape(12, 2, 2).astype(np.uint8)
LABELS = np.arange(12) % 3


def found(path: Path) -> tuple[SourceInfo, list[tuple[int, str, str | None]]]:
    """Returns the summary, and for each example its first pixel, its class and its split."""
    source = open_source(str(path))
    info = source.inspect(None)
    return info, [
        (int(image[0, 0, 0]), info.classes[label], split)
        for image, label, split in source.examples(info)
    ]


@pytest.mark.parametrize("name", ["validation", "valid", "val", "dev"])
def test_pairs_of_arrays_are_splits(save_npz: Save, name: str) -> None:
    arrays = {"x_train": IMAGES[:8], "y_train": LABELS[:8], "x_test": IMAGES[8:10]}
    arrays |= {"y_test": LABELS[8:10], f"x_{name}": IMAGES[10:], f"y_{name}": LABELS[10:]}
    path = save_npz(**arrays)
    info, examples = found(path)
    assert info.splits == ("train", "validation", "test")
    assert info.class_counts == (4, 4, 4)
    assert [split for *_, split in examples] == ["train"] * 8 + ["validation"] * 2 + ["test"] * 2
    order = [*range(8), 10, 11, 8, 9]
    assert [value for value, *_ in examples] == [4 * number for number in order]
    assert [label for _, label, _ in examples] == [str(LABELS[number]) for number in order]
    located = [open_source(str(path)).locate(index) for index in (7, 8, 11)]
    assert located == ["x_train[7]", f"x_{name}[0]", "x_test[1]"]


def test_labels_of_keras_data_sets_have_a_second_axis(save_npz: Save) -> None:
    path = save_npz(x_train=IMAGES, y_train=LABELS[:, None], x_test=IMAGES, y_test=LABELS[:, None])
    info, examples = found(path)
    assert (len(info.classes), len(examples)) == (3, 24)


TRAIN = {"x_train": IMAGES, "y_train": LABELS}


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": IMAGES, "y_test": LABELS}, "no array 'y_train' and 'x_test'"),
        (
            {"x": IMAGES, "y": LABELS, "x_test": IMAGES, "y_test": LABELS},
            "x and y beside x_test, y_test: it is not clear which to use",
        ),
        (
            TRAIN | {"x_test": IMAGES / np.float32(200), "y_test": LABELS},
            "x_train has dtype uint8 and x_test float32: their values may differ in scale",
        ),
        (
            {"x_train": IMAGES, "y_train": LABELS.astype("U1")}
            | {"x_test": IMAGES, "y_test": np.array(["\u00e9".encode()] * 12)},
            "their labels must be of one kind",
        ),
        ({"x_test": IMAGES, "y_test": LABELS}, "no array 'x' and 'y', found x_test, y_test"),
        (
            TRAIN | {"x_val": IMAGES, "y_val": LABELS, "x_dev": IMAGES, "y_dev": LABELS},
            "several arrays for one split: x_train, x_val, x_dev",
        ),
        (
            TRAIN | {"x_test": IMAGES[:, :1], "y_test": LABELS},
            "x_train has shape (12, 2, 2) and x_test (12, 1, 2)",
        ),
        (
            TRAIN | {"x_test": IMAGES, "y_test": LABELS.astype(str)},
            "y_train has dtype int64 and shape (12,), y_test has <U21 and (12,)",
        ),
        (TRAIN | {"x_test": IMAGES, "y_test": LABELS[1:]}, "x_test has 12 examples and y_test has"),
        (
            {"x_train": IMAGES / 2, "y_train": LABELS}
            | {"x_test": np.full(IMAGES.shape, np.inf), "y_test": LABELS},
            "values of x_test are NaN, infinite",
        ),
    ],
)
def test_arrays_that_do_not_fit_together_are_errors(
    save_npz: Save, arrays: dict[str, np.ndarray], says: str
) -> None:
    with pytest.raises(UserError) as raised:
        found(save_npz(**arrays))
    assert says in str(raised.value)


def test_folders_around_the_class_folders_are_splits(save_images: Save) -> None:
    names = ["Train/cat/1", "Train/dog/2", "valid/dog/3", "test/cat/4", "test/dog/5"]
    images = {f"{name}.png": Image.new("L", (4, 4), int(name[-1])) for name in names}
    info, examples = found(save_images(images))
    assert info.splits == ("train", "validation", "test")
    assert (info.classes, info.class_counts) == (("cat", "dog"), (2, 3))
    assert sorted(examples) == [
        (1, "cat", "train"),
        (2, "dog", "train"),
        (3, "dog", "validation"),
        (4, "cat", "test"),
        (5, "dog", "test"),
    ]


def test_classes_named_like_splits_are_classes(save_images: Save) -> None:
    images = {f"{name}/1.png": Image.new("L", (4, 4)) for name in ("train", "test")}
    info, examples = found(save_images(images))
    assert (info.classes, info.splits) == (("test", "train"), ())
    assert {split for *_, split in examples} == {None}


def test_files_beside_the_class_folders_of_a_split_are_reported(save_images: Save) -> None:
    images = {f"{split}/cat/1.png": Image.new("L", (4, 4)) for split in ("train", "test")}
    folder = save_images(images)
    (folder / "train" / "labels.csv").touch()
    (ignored,) = found(folder)[0].warnings
    assert "train/labels.csv" in ignored
