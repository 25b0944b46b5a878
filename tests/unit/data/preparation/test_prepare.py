"""Preparation of data sets."""

import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.dataset.card import read_card
from kubenas.data.dataset.schema import SPLITS, read_schema
from kubenas.data.loading import load_raw
from kubenas.data.preparation.prepare import PreparedDataset, prepare_dataset
from kubenas.errors import ObjectNotFound, StorageError, UserError
from kubenas.storage import Storage, open_storage

Save = Callable[..., Path]
Content = dict[str, Counter[tuple[bytes, int]]]


def stored(prepared: PreparedDataset) -> Content:
    """Returns the pixels and labels of each split."""
    return {split: Counter(_examples(Path(prepared.uri), split)) for split in SPLITS}


def _examples(folder: Path, split: str) -> Iterator[tuple[bytes, int]]:
    for images, labels in load_raw(folder, split, batch_size=64).as_numpy_iterator():
        for image, label in zip(images, labels, strict=True):
            yield image.tobytes(), int(label)


def files(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def noise(count: int, *shape: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def alternating(count: int, classes: int = 2) -> npt.NDArray[np.intp]:
    return np.arange(count) % classes


def test_every_example_is_in_exactly_one_split(
    prepared: PreparedDataset, coloured: npt.NDArray[np.uint8]
) -> None:
    content = stored(prepared)
    together = sum(content.values(), Counter())
    expected = Counter(
        (image.astype(np.float32).tobytes(), i % 3) for i, image in enumerate(coloured)
    )
    assert together == expected
    assert prepared.schema.classes == ("0", "1", "2")
    for name, split in prepared.schema.splits.items():
        assert split.examples == sum(split.class_counts) == content[name].total()
        labels = Counter(label for _, label in content[name].elements())
        assert split.class_counts == (labels[0], labels[1], labels[2])


def test_training_examples_are_not_in_the_order_of_their_classes(prepared: PreparedDataset) -> None:
    labels = [label for _, label in _examples(Path(prepared.uri), "train")]
    changes = sum(one != other for one, other in itertools.pairwise(labels))
    assert changes > len(labels) / 2


def test_normalisation_is_fitted_on_training_examples(prepared: PreparedDataset) -> None:
    batches = load_raw(Path(prepared.uri), "train", batch_size=1000).as_numpy_iterator()
    pixels = next(batches)[0].reshape(-1, 3).astype(np.float64)
    normalization = prepared.schema.normalization
    assert np.allclose(normalization.mean, pixels.mean(axis=0))
    assert np.allclose(normalization.variance, [*pixels.var(axis=0)[:2], 1.0])


def test_adding_data_moves_no_example(save_npz: Save, output: Storage) -> None:
    images, labels = noise(120, 4, 4), alternating(120)
    small = save_npz("small.npz", x=images[:60], y=labels[:60])
    # The larger set has values above 255 and is therefore stored with another dtype.
    more = np.concatenate([images.astype(np.int64), noise(60, 4, 4, seed=1) + np.int64(500)])
    large = save_npz("large.npz", x=more, y=np.concatenate([labels, labels[:60]]))
    first = prepare_dataset(DataConfig(source=str(small)), output)
    second = prepare_dataset(DataConfig(source=str(large)), output)
    assert (first.schema.dtype, second.schema.dtype) == ("uint8", "float32")
    before, after = stored(first), stored(second)
    for split in SPLITS:
        assert before[split] <= after[split]


def test_kept_examples_stay_in_their_split(save_npz: Save, output: Storage) -> None:
    images, labels = noise(200, 4, 4), alternating(200, classes=3)
    before = save_npz("before.npz", x=images, y=labels)
    # A week later the first 50 are removed, 40 are duplicated, 30 have another label, 100 are new,
    # and the order has changed.
    relabelled = np.concatenate([(labels[50:80] + 1) % 3, labels[80:]])
    x = np.concatenate([images[50:], images[50:90], noise(100, 4, 4, seed=1)])
    y = np.concatenate([relabelled, relabelled[:40], alternating(100, classes=4)])
    order = np.random.default_rng(2).permutation(len(x))
    after = save_npz("after.npz", x=x[order], y=y[order])
    sides = [
        split_by_image(prepare_dataset(DataConfig(source=str(s)), output)) for s in (before, after)
    ]
    stayed = sides[0].keys() & sides[1].keys()
    assert (len(stayed), len(sides[1])) == (150, 250)
    assert all(sides[0][pixels] == sides[1][pixels] for pixels in stayed)


def split_by_image(prepared: PreparedDataset) -> dict[bytes, str]:
    """Returns the split of each image, by its pixels."""
    content = stored(prepared)
    sides = {pixels: split for split, counts in content.items() for pixels, _ in counts}
    assert len(sides) == sum(len({pixels for pixels, _ in counts}) for counts in content.values())
    return sides


def test_adding_images_of_other_kinds_moves_no_example(save_images: Save, output: Storage) -> None:
    plain = {f"{'ab'[i % 2]}/{i}.png": Image.new("L", (4, 4), i) for i in range(60)}
    others = {f"c/{i}.png": Image.new("RGB", (9, 9), (250, i, 0)) for i in range(200)}
    first = prepare_dataset(DataConfig(source=str(save_images(plain, "first"))), output)
    second = prepare_dataset(DataConfig(source=str(save_images(plain | others))), output)
    assert (first.schema.shape, second.schema.shape) == ((4, 4, 1), (9, 9, 3))
    for split in SPLITS:
        before = {np.frombuffer(image, np.float32)[0] for image, _ in stored(first)[split]}
        after = {np.frombuffer(image, np.float32)[0] for image, _ in stored(second)[split]}
        assert before == after - {250}


def test_the_same_content_gives_the_same_bytes(save_npz: Save, tmp_path: Path) -> None:
    source = save_npz(x=noise(80, 4, 4), y=alternating(80))
    copy = tmp_path / "copied.npz"
    copy.write_bytes(source.read_bytes())
    one = prepare_dataset(DataConfig(source=str(source)), open_storage(str(tmp_path / "one")))
    two = prepare_dataset(DataConfig(source=str(copy)), open_storage(str(tmp_path / "two")))
    assert one.schema == two.schema
    assert {name for name, data in files(one.uri).items() if files(two.uri)[name] != data} == {
        "card.json"  # contains the name of the source
    }


def test_other_content_or_config_gives_another_digest(save_npz: Save, output: Storage) -> None:
    images = noise(80, 4, 4)
    source = str(save_npz("one.npz", x=images, y=alternating(80)))
    other = str(save_npz("two.npz", x=images[::-1], y=alternating(80)))
    digests = {
        prepare_dataset(config, output).schema.digest
        for config in (
            DataConfig(source=source),
            DataConfig(source=other),
            DataConfig(source=source, seed=2),
            DataConfig(source=source, test_fraction=0.2),
            DataConfig(source=source, image_size=(3, 3)),
        )
    }
    assert len(digests) == 5


def test_finished_data_is_not_prepared_again(save_npz: Save, output: Storage) -> None:
    config = DataConfig(source=str(save_npz(x=noise(40, 4, 4), y=alternating(40))))
    first = prepare_dataset(config, output)
    times = {path: path.stat().st_mtime_ns for path in Path(first.uri).iterdir()}
    second = prepare_dataset(config, output)
    assert (first.reused, second.reused) == (False, True)
    assert second.schema == first.schema == read_schema(open_storage(first.uri))
    assert times == {path: path.stat().st_mtime_ns for path in Path(first.uri).iterdir()}


@pytest.mark.parametrize("damage", ["no schema", "half a schema", "no shard", "half a shard"])
def test_a_damaged_data_set_is_prepared_again(save_npz: Save, output: Storage, damage: str) -> None:
    config = DataConfig(source=str(save_npz(x=noise(40, 4, 4), y=alternating(40))))
    first = prepare_dataset(config, output)
    before = files(first.uri)
    extent, _, what = damage.partition(" ")
    pattern = "schema.json" if what.endswith("schema") else "train-*.tfrecord"
    (victim,) = Path(first.uri).glob(pattern)
    data = victim.read_bytes()
    victim.unlink()
    if extent == "half":
        victim.write_bytes(data[: len(data) // 2])
    assert not prepare_dataset(config, output).reused
    assert files(first.uri) == before


_KILLED_AT = """
import os, signal, sys
from kubenas.config import DataConfig
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.storage import open_storage

def die(what, done, total):
    if what == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

prepare_dataset(DataConfig(source=sys.argv[1]), open_storage(sys.argv[2]), progress=die)
"""


def test_a_killed_preparation_is_repeated_without_leftovers(
    save_npz: Save, output: Storage
) -> None:
    source = save_npz(x=noise(600, 4, 4), y=alternating(600))
    command = [sys.executable, "-c", _KILLED_AT, str(source), output.uri]
    killed = subprocess.run([*command, "writing train examples"], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = set(Path(output.uri).rglob("*.spool"))
    assert len(left) == 1
    assert not list(Path(output.uri).rglob("schema.json"))
    prepared = prepare_dataset(DataConfig(source=str(source)), output)
    assert not prepared.reused
    assert not list(Path(output.uri).rglob("*.spool"))
    assert {path.name for path in Path(output.uri, "data").iterdir()} == {
        ".tmp-prepare",
        "latest.json",
        prepared.schema.digest,
    }


def test_a_second_preparation_waits_for_the_first(save_npz: Save, output: Storage) -> None:
    config = DataConfig(source=str(save_npz(x=noise(600, 8, 8), y=alternating(600))))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: prepare_dataset(config, output), range(2)))
    assert sorted(prepared.reused for prepared in both) == [False, True]
    assert both[0].schema == both[1].schema


def test_a_user_error_leaves_no_files(save_npz: Save, output: Storage) -> None:
    source = save_npz(x=noise(12, 4, 4), y=np.arange(12) // 10)
    with pytest.raises(UserError):
        prepare_dataset(DataConfig(source=str(source)), output)
    assert [path.name for path in Path(output.uri).rglob("*") if path.is_file()] == ["lock"]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_arrays_of_any_channels_are_resized(save_npz: Save, output: Storage, channels: int) -> None:
    images = np.empty((40, 8, 8, channels), np.float32)
    images[:] = np.arange(channels) * 1000 - 0.5
    images[:, 0, 0] += np.arange(40)[:, np.newaxis]
    source = save_npz(x=images, y=alternating(40))
    prepared = prepare_dataset(DataConfig(source=str(source), image_size=(6, 4)), output)
    assert prepared.schema.shape == (6, 4, channels)
    (batch, _), *_ = load_raw(Path(prepared.uri), "train", batch_size=64).as_numpy_iterator()
    assert np.allclose(batch[:, -1, -1], np.arange(channels) * 1000 - 0.5)
    assert "images resized from 8 x 8 to 6 x 4" in read_card(open_storage(prepared.uri)).notes


def test_progress_reaches_its_end(save_npz: Save, output: Storage) -> None:
    source = save_npz(x=noise(700, 4, 4) / 2, y=alternating(700))
    reports: dict[str, tuple[int, int | None]] = {}

    def note(what: str, done: int, total: int | None) -> None:
        reports[what] = (done, total)

    prepare_dataset(DataConfig(source=str(source)), output, progress=note)
    assert reports["checking values"] == reports["reading examples"] == (700, 700)
    assert len(reports) == 6


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="output"):
        prepare_dataset(DataConfig(source="digits"), open_storage(str(tmp_path / "output")))


def test_missing_and_unreadable_data_sets_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ObjectNotFound, match="no prepared data set found"):
        read_schema(open_storage(str(tmp_path)))
    for content, says in (('{"version": 2}', "update kubenas"), ("{}", "prepare the data again")):
        (tmp_path / "schema.json").write_text(content)
        with pytest.raises(StorageError, match=says):
            read_schema(open_storage(str(tmp_path)))
    with pytest.raises(ObjectNotFound, match="no data card found"):
        read_card(open_storage(str(tmp_path)))


def test_reusing_a_data_set_does_not_import_tensorflow() -> None:
    code = "import sys, kubenas.data.preparation.prepare; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == os.EX_OK
