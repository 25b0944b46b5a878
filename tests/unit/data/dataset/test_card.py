"""The data card of a prepared data set, and errors for data sets that are too small."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.dataset.card import CONTACT_SHEET_FILE, read_card
from kubenas.data.dataset.schema import SPLITS
from kubenas.data.loading import load_raw
from kubenas.data.preparation.prepare import PreparedDataset, prepare_dataset
from kubenas.errors import UserError
from kubenas.storage import Storage, open_storage

Save = Callable[..., Path]


def noise(count: int, *shape: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def alternating(count: int, classes: int = 2) -> npt.NDArray[np.intp]:
    return np.arange(count) % classes


def pixels_of(prepared: PreparedDataset, split: str) -> Iterator[bytes]:
    for images, _ in load_raw(Path(prepared.uri), split, batch_size=64).as_numpy_iterator():
        yield from (image.tobytes() for image in images)


def test_duplicates_are_in_one_split_and_counted(save_npz: Save, output: Storage) -> None:
    images, labels = noise(60, 4, 4), alternating(60)
    both = np.concatenate([images, images[:20]])
    source = save_npz(x=both, y=np.concatenate([labels, labels[:18], 1 - labels[18:20]]))
    prepared = prepare_dataset(DataConfig(source=str(source)), output)
    card = read_card(open_storage(prepared.uri))
    assert (card.examples, card.duplicates, card.label_conflicts) == (80, 20, 4)
    assert card.warnings[0] == "duplicates: 20; the test split keeps one of each"
    assert "4 examples have the same pixels as an example of another class" in card.warnings[1]
    assert ("x[18] and x[78]" in card.warnings[1]) or ("x[19] and x[79]" in card.warnings[1])
    pixels = [set(pixels_of(prepared, split)) for split in SPLITS]
    assert sum(map(len, pixels)) == len(set.union(*pixels)) == 60


def test_the_card_summarises_the_data_set(save_images: Save, output: Storage) -> None:
    # Duplicates are in one split, so all examples of a class can be in the training split.
    rare = {f"rare/{i}.png": Image.new("L", (4, 4), 9) for i in range(3)}
    common = {
        f"common/{i}.png": Image.fromarray(image) for i, image in enumerate(noise(60, 5, 5, seed=3))
    }
    source = save_images(rare | common)
    prepared = prepare_dataset(DataConfig(source=str(source), seed=1), output)
    card = read_card(open_storage(prepared.uri))
    assert card.source == "pictures"
    assert card.digest == prepared.schema.digest
    assert card.classes == ("common", "rare")
    assert card.class_counts == (60, 3)
    assert card.counts["train"][1] == 3
    assert card.imbalance == 20
    assert card.duplicates == 2
    assert card.notes == (
        "3 of 63 images (4 to 5 high, 4 to 5 wide) resized to 5 x 5 (the median, at most 224)",
    )
    validation, test = sum(card.counts["validation"]), sum(card.counts["test"])
    assert card.warnings == (
        "duplicates: 2; the test split keeps one of each",
        f"the validation split has only {validation} examples: one example changes the"
        f" accuracy by {100 / validation:.1f} points; add data, or increase"
        " data.validation_fraction",
        "class 'rare' without a validation example",
        f"the test split has only {test} examples: one example changes the accuracy by"
        f" {100 / test:.1f} points; add data, or increase data.test_fraction",
        "class 'rare' without a test example",
        "class imbalance 20:1 between the largest and the smallest class",
    )


@pytest.mark.parametrize(
    ("images", "labels", "config", "says"),
    [
        (noise(8, 4, 4), alternating(8), {}, "8 examples; at least 10"),
        (noise(12, 4, 4), np.zeros(12, int), {}, "only one class, '0'"),
        (noise(12, 4, 4), np.arange(12) // 10, {}, "class '1' (2) with fewer than 3 examples"),
        (
            noise(12, 4, 4),
            alternating(12),
            {"test_fraction": 0.001},
            "the test split is empty: it got none of 12 examples; add data, or change data.seed or"
            " data.test_fraction",
        ),
        (
            np.concatenate([noise(40, 4, 4), np.zeros((3, 4, 4), np.uint8)]),
            np.arange(43) // 40,
            {"test_fraction": 0.4, "validation_fraction": 0.4},
            "class '1' without a training example",
        ),
    ],
)
def test_rejects_data_sets_that_are_too_small(
    save_npz: Save, output: Storage, images: Any, labels: Any, config: dict[str, Any], says: str
) -> None:
    path = save_npz(x=images, y=labels)
    with pytest.raises(UserError) as raised:
        prepare_dataset(DataConfig(source=str(path), **config), output)
    assert str(raised.value).startswith(f"{path}: ")
    assert says in str(raised.value)


def test_the_contact_sheet_is_small_even_for_noise(save_npz: Save, output: Storage) -> None:
    source = save_npz(x=noise(600, 64, 64, 3), y=alternating(600, classes=30))
    prepared = prepare_dataset(DataConfig(source=str(source)), output)
    sheet = Path(prepared.uri) / CONTACT_SHEET_FILE
    assert sheet.stat().st_size < 200_000
    with Image.open(sheet) as picture:
        assert picture.height >= 20 * 24


@pytest.mark.parametrize("splits", ["auto", "ignore"])
def test_a_source_with_splits_keeps_them(save_npz: Save, output: Storage, splits: str) -> None:
    train, test = noise(200, 4, 4), noise(60, 4, 4, seed=1)
    test[0] = train[0]  # a leak
    arrays = {"x_train": train, "y_train": alternating(200), "x_test": test}
    arrays["y_test"] = alternating(60)
    config = DataConfig(source=str(save_npz(**arrays)), splits=splits)
    prepared = prepare_dataset(config, output)
    card = read_card(open_storage(prepared.uri))
    found = {split: set(pixels_of(prepared, split)) for split in SPLITS}
    official = {image.astype(np.float32).tobytes() for image in test}
    if splits == "ignore":
        assert card.notes == ("the source's own splits (train, test) are ignored",)
        assert found["train"] & official
        return
    assert found["test"] == official
    assert prepared.schema.own_splits == ("train", "test")
    assert not (found["train"] | found["validation"]) & official
    assert 15 < len(found["validation"]) < 50
    assert card.left_out == 1
    assert card.notes == (
        "the source's own splits are used: train, test",
        "the validation split is 15% of the source's training examples",
    )
    assert (
        "1 example left out: equal or nearly equal to an example of the source's test or validation"
        " split" in card.warnings
    )
