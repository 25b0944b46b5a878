"""Exact and near duplicates: their split, and how often they count."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.dataset.card import DataCard, read_card
from kubenas.data.dataset.schema import SPLITS
from kubenas.data.kinds.image.near_duplicates import find_near_duplicates, perceptual_features
from kubenas.data.loading import load_raw
from kubenas.data.preparation.prepare import PreparedDataset, prepare_dataset
from kubenas.serving.gate.paired import compare
from kubenas.storage import Storage, open_storage

Save = Callable[..., Path]
Images = npt.NDArray[Any]


def scenes(count: int, side: int = 28, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Returns smooth greyscale images, like photographs out of focus."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, 6, 6), np.uint8)
    grown = [
        np.asarray(Image.fromarray(each).resize((side, side), Image.Resampling.BICUBIC))
        for each in coarse
    ]
    return np.stack(grown)


def with_one_pixel_changed(images: Images, seed: int = 1) -> Images:
    random = np.random.default_rng(seed)
    changed = images.copy()
    for image in changed:
        place = tuple(random.integers(0, image.shape[0], 2))
        image[place] = 255 if image[place] < 128 else 0
    return changed


def prepared_from(source: Path, output: Storage, **config: Any) -> tuple[PreparedDataset, DataCard]:
    prepared = prepare_dataset(DataConfig(source=str(source), **config), output)
    return prepared, read_card(open_storage(prepared.uri))


def pixels_of(prepared: PreparedDataset, split: str) -> Iterator[bytes]:
    for images, _ in load_raw(Path(prepared.uri), split, batch_size=256).as_numpy_iterator():
        yield from (image.astype(np.uint8).tobytes() for image in images)


def split_by_image(prepared: PreparedDataset) -> dict[bytes, str]:
    return {pixels: split for split in SPLITS for pixels in pixels_of(prepared, split)}


def false_promotions(names: npt.NDArray[np.intp], draws: int = 1_000) -> float:
    """Returns the share of false promotions between two equal models.

    Args:
        names: the image that each example of the test split shows. Both models give the same
            prediction for equal images.
        draws: number of simulated comparisons.
    """
    random = np.random.default_rng(0)
    wins = 0
    for _ in range(draws):
        where = random.random(names.max() + 1)[names]
        found = compare(where >= 0.05, (where < 0.05) | (where >= 0.10), confidence=0.95)
        wins += found.low > 0 and found.difference >= 0.01
    return wins / draws


def test_duplicates_cause_few_false_promotions(save_npz: Save, output: Storage) -> None:
    which = np.random.default_rng(0).integers(0, 200, 2_000)
    source = save_npz(x=scenes(200)[which], y=which % 2)
    prepared, card = prepared_from(source, output, test_fraction=0.5)
    test = list(pixels_of(prepared, "test"))
    assert len(test) == len(set(test)) > 60
    names = np.unique(test, return_inverse=True)[1]
    assert false_promotions(names) <= 0.04
    assert card.duplicates == 1_800
    assert card.left_out == 2_000 - sum(map(sum, card.counts.values())) > 500
    assert card.warnings[0] == "duplicates: 1800; the test split keeps one of each"


def test_near_duplicates_are_in_one_split(save_npz: Save, output: Storage) -> None:
    originals = scenes(620)
    twins = with_one_pixel_changed(originals)
    labels = np.arange(620) % 2
    source = save_npz(x=np.concatenate([originals, twins]), y=np.concatenate([labels, labels]))
    prepared, card = prepared_from(source, output)
    sides = split_by_image(prepared)
    pairs = [
        (sides.get(one.tobytes(), "test"), sides.get(other.tobytes(), "test"))
        for one, other in zip(originals, twins, strict=True)
    ]
    assert sum("test" in pair for pair in pairs) > 60
    assert [pair for pair in pairs if len(set(pair)) > 1] == []
    assert card.near_duplicates == 620
    assert card.warnings[0].startswith("near duplicates: 620, such as x[")
    # The test split keeps one of each pair.
    assert len(list(pixels_of(prepared, "test"))) == sum("test" in pair for pair in pairs)
    assert card.left_out == prepared.schema.splits["test"].examples


def test_recompressed_images_are_near_duplicates(save_images: Save, output: Storage) -> None:
    originals = scenes(200, side=64)
    images = {f"{'ab'[i % 2]}/{i}.png": Image.fromarray(x) for i, x in enumerate(originals)}
    again = {name.replace(".png", ".jpg"): image for name, image in images.items()}
    _, card = prepared_from(save_images(images | again), output)
    assert card.near_duplicates == 200


def test_new_data_move_only_their_near_duplicates(save_npz: Save, output: Storage) -> None:
    originals, labels = scenes(300), np.arange(300) % 2
    more = np.concatenate([scenes(300, seed=7), with_one_pixel_changed(originals[:40])])
    before, _ = prepared_from(save_npz("before.npz", x=originals, y=labels), output)
    x, y = np.concatenate([originals, more]), np.arange(640) % 2
    after, _ = prepared_from(save_npz("after.npz", x=x, y=y), output)
    was, now = split_by_image(before), split_by_image(after)
    assert all(now[image.tobytes()] == was[image.tobytes()] for image in originals[40:])


def test_the_test_split_keeps_one_example_per_label_of_a_group(
    save_npz: Save, output: Storage
) -> None:
    x = np.concatenate([scenes(100)] * 3)
    y = np.concatenate([np.zeros(100, int), np.zeros(100, int), np.ones(100, int)])
    prepared, card = prepared_from(save_npz(x=x, y=y), output)
    counts = prepared.schema.splits["test"].class_counts
    assert counts[0] == counts[1] > 0
    assert card.label_conflicts == 300


def test_images_that_are_all_similar_are_not_grouped(save_npz: Save, output: Storage) -> None:
    greys = np.arange(200, dtype=np.uint8)[:, np.newaxis, np.newaxis]
    source = save_npz(x=np.broadcast_to(greys, (200, 8, 8)), y=np.arange(200) % 2)
    prepared, card = prepared_from(source, output)
    assert all(split.examples for split in prepared.schema.splits.values())
    assert (card.near_duplicates, card.left_out) == (0, 0)
    assert card.warnings[0].startswith("near duplicates could not be detected")


def groups_of(images: Images, labels: Any = None) -> npt.NDArray[np.intp]:
    features = np.stack([perceptual_features(image) for image in images])
    given = np.zeros(len(images), np.int32) if labels is None else labels
    found = find_near_duplicates(features, given, lambda places: images[places], images[0].nbytes)
    return found.groups


@pytest.mark.parametrize("copies", [2, 9, 60])
def test_any_number_of_near_duplicates_forms_one_group(copies: int) -> None:
    random = np.random.default_rng(0)
    singles = scenes(400)[..., np.newaxis].astype(np.int64)
    family = singles[:1] + random.integers(-6, 7, (copies, 28, 28, 1))
    groups = groups_of(np.concatenate([singles[1:], family]))
    assert len(set(groups[399:])) == 1
    assert len(set(groups)) == 400


def test_a_common_background_makes_no_near_duplicates() -> None:
    background = scenes(1)[0].astype(float)
    things = np.random.default_rng(0).normal(0, 9, (300, 28, 28))
    groups = groups_of((background + things)[..., np.newaxis])
    assert len(set(groups)) == 300


def test_a_common_class_makes_no_near_duplicates() -> None:
    labels = np.arange(300, dtype=np.int32) % 3
    things = np.random.default_rng(0).normal(0, 3, (300, 28, 28))
    groups = groups_of((scenes(3)[labels] + things)[..., np.newaxis], labels)
    assert len(set(groups)) == 300


def test_classes_of_one_image_have_no_near_duplicates() -> None:
    assert len(set(groups_of(scenes(9)[..., np.newaxis], np.arange(9)))) == 9


def test_feature_distance_is_at_most_the_image_distance() -> None:
    random = np.random.default_rng(0)
    for shape in ((3, 2, 1), (28, 28, 1), (33, 40, 3)):
        one, other = random.normal(0, 9, (2, *shape))
        pixels = np.sqrt(np.square(one - other).mean())
        features = perceptual_features(one) - perceptual_features(other)
        assert np.linalg.norm(features) <= pixels * (1 + 1e-5)


def test_a_card_of_an_earlier_version_is_read(tmp_path: Path, prepared: PreparedDataset) -> None:
    card = read_card(open_storage(prepared.uri)).model_dump(mode="json")
    for added in ("near_duplicates", "left_out"):
        del card[added]
    (tmp_path / "card.json").write_text(json.dumps(card))
    assert read_card(open_storage(str(tmp_path))).near_duplicates == 0
