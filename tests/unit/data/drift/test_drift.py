"""Drift between two data sets."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kubenas.config import DataConfig
from kubenas.data.dataset.card import read_card
from kubenas.data.dataset.example_index import EXAMPLE_INDEX_FILE, read_example_index
from kubenas.data.dataset.schema import read_schema
from kubenas.data.drift.drift import DatasetSnapshot, Drift, Overlap, measure_drift
from kubenas.data.drift.stability import population_stability
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.errors import StorageError
from kubenas.storage import Storage, open_storage

Pixels = npt.NDArray[np.uint8]
IMAGES: Pixels = np.random.default_rng(0).integers(0, 200, (600, 4, 4), np.uint8)
LABELS = np.arange(600) % 3


@pytest.fixture
def snapshot(save_npz: Callable[..., Path], output: Storage) -> Callable[..., DatasetSnapshot]:
    """Prepares arrays and returns the snapshot of the data set."""

    def look(images: Pixels, labels: npt.NDArray[np.intp], **config: int) -> DatasetSnapshot:
        source = save_npz(x=images, y=labels)
        folder = open_storage(prepare_dataset(DataConfig(source=str(source), **config), output).uri)
        return DatasetSnapshot(read_card(folder), read_schema(folder), read_example_index(folder))

    return look


def test_new_data_of_the_same_distribution_have_no_findings(snapshot) -> None:
    found = measure_drift(snapshot(IMAGES[:300], LABELS[:300]), snapshot(IMAGES, LABELS))
    assert found.overlap == Overlap(kept=300, gone=0, new=300, relabelled=0)
    assert (found.examples_before, found.examples, found.findings) == (300, 600, ())
    assert found.stability_index == pytest.approx(0)
    assert found.p_value == pytest.approx(1, abs=0.01)
    assert Drift.from_json(found.to_json()) == found


def test_overlap_counts_distinct_images(snapshot) -> None:
    labels = LABELS.copy()
    labels[100:130] = (labels[100:130] + 1) % 3
    repeated = np.concatenate([IMAGES[50:400], IMAGES[50:90]])
    now = snapshot(repeated, np.concatenate([labels[50:400], labels[50:90]]))
    found = measure_drift(snapshot(IMAGES[:300], LABELS[:300]), now)
    assert found.overlap == Overlap(kept=250, gone=50, new=100, relabelled=30)
    assert found.examples == 390
    assert found.findings == ("30 of 250 kept images have another label than before",)


def test_an_image_that_loses_one_of_two_labels_is_relabelled(snapshot) -> None:
    both = np.concatenate([IMAGES[:300], IMAGES[:1]])
    twice = np.concatenate([LABELS[:300], [1]])
    found = measure_drift(snapshot(both, twice), snapshot(IMAGES[:300], LABELS[:300]))
    assert found.overlap == Overlap(kept=300, gone=0, new=0, relabelled=1)


def test_class_shares_are_those_of_the_new_images(snapshot) -> None:
    before = snapshot(IMAGES[:300], LABELS[:300])
    new = np.where(np.arange(300) < 200, 0, np.where(np.arange(300) < 250, 1, 7))
    found = measure_drift(before, snapshot(IMAGES, np.concatenate([LABELS[:300], new])))
    counts = {each.name: (each.before, each.now) for each in found.classes}
    assert counts == {"0": (100, 300), "1": (100, 150), "2": (100, 100), "7": (0, 50)}
    assert found.p_value is not None
    assert found.p_value < 1e-6
    appeared, shifted = found.findings
    assert appeared == "new: class '7'"
    assert "class shares of the new images have shifted: PSI" in shifted
    back = measure_drift(snapshot(IMAGES, np.concatenate([LABELS[:300], new])), before)
    assert back.findings == ("no examples left: class '7'",)


def test_shifts_of_pixels_and_shapes_are_findings(snapshot) -> None:
    before = snapshot(IMAGES[:300], LABELS[:300])
    (brighter,) = measure_drift(
        before, snapshot(IMAGES[:300] + np.uint8(50), LABELS[:300])
    ).findings
    assert brighter.startswith("channel 0: mean 150.4, standard deviation")
    small = measure_drift(before, snapshot(IMAGES[:300, :3, :3], LABELS[:300]))
    assert small.findings == (
        "images are 3 x 3 x 1, before 4 x 4 x 1: an earlier model does not accept them",
    )
    coloured = measure_drift(before, snapshot(np.stack([IMAGES[:300]] * 3, axis=-1), LABELS[:300]))
    assert (len(coloured.channels), len(coloured.findings)) == (0, 1)


def test_the_overlap_is_unknown_without_comparable_indexes(snapshot) -> None:
    before, now = snapshot(IMAGES[:300], LABELS[:300]), snapshot(IMAGES, LABELS)
    assert measure_drift(before, snapshot(IMAGES, LABELS, seed=2)).overlap is None
    without = DatasetSnapshot(before.card, before.schema, example_index=None)
    found = measure_drift(without, now)
    assert found.overlap is None
    assert found.stability_index == pytest.approx(0)


def test_a_damaged_example_index_is_an_error(output: Storage) -> None:
    output.write(EXAMPLE_INDEX_FILE, b"no array")
    with pytest.raises(StorageError, match=r"contents\.npy: damaged; delete"):
        read_example_index(output)


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_p_values_are_uniform_without_drift(classes: int) -> None:
    numbers = np.random.default_rng(classes)
    shares = numbers.dirichlet(np.full(classes, 10.0))
    chances = []
    for _ in range(1000):
        before, now = (
            dict(enumerate(numbers.multinomial(size, shares).tolist())) for size in (20_000, 5_000)
        )
        chances.append(population_stability(before, now)[1])
    for level in (0.01, 0.05, 0.5):
        assert np.mean(np.array(chances) < level) == pytest.approx(level, abs=4 * level**0.5 / 30)


def test_the_stability_index_needs_two_classes() -> None:
    assert population_stability({"a": 5, "b": 0}, {"a": 4, "c": 2}) == (None, None)
    assert population_stability({"a": 5, "b": 3}, {"a": 0, "b": 0}) == (None, None)
