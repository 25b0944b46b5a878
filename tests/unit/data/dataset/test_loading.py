"""Loading of splits as batches: in memory or from shards, normalised, shuffled, complete."""

import shutil
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from kubenas.data.dataset.checksum import file_sha256
from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.dataset.schema import DataSchema, Normalization
from kubenas.data.kinds.registry import example_tensors
from kubenas.data.loading import load_raw, load_split
from kubenas.data.preparation.prepare import PreparedDataset
from kubenas.errors import StorageError

Arrays = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]

IN_MEMORY = {"in_memory_bytes": 1 << 30}
STREAMED = {"in_memory_bytes": 0}


@pytest.fixture
def folder(prepared: PreparedDataset) -> Path:
    return Path(prepared.uri)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """A copy of the data set, for tests that damage it."""
    return Path(shutil.copytree(folder, tmp_path / "copied"))


def whole(batches: object) -> Arrays:
    pairs = list(batches.as_numpy_iterator())  # type: ignore[attr-defined]
    return np.concatenate([x for x, _ in pairs]), np.concatenate([y for _, y in pairs])


def content(arrays: Arrays) -> Counter[tuple[bytes, int]]:
    return Counter((image.tobytes(), int(label)) for image, label in zip(*arrays, strict=True))


@pytest.mark.parametrize("how", [IN_MEMORY, STREAMED], ids=["in memory", "streamed"])
def test_batches_are_normalised_float32(
    folder: Path, prepared: PreparedDataset, how: dict[str, int]
) -> None:
    batches = load_split(folder, "train", batch_size=32, **how)
    count = prepared.schema.splits["train"].examples
    shapes = [(x.shape, y.shape, x.dtype, y.dtype) for x, y in batches.as_numpy_iterator()]
    assert len(batches) == len(shapes) == -(-count // 32)
    assert shapes[0] == ((32, 6, 5, 3), (32,), np.float32, np.int32)
    images, labels = whole(batches)
    assert len(labels) == count
    assert np.allclose(images.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    assert np.allclose(images[..., :2].std(axis=(0, 1, 2)), 1, atol=1e-5)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_streamed_and_in_memory_are_the_same(folder: Path, split: str) -> None:
    one = whole(load_split(folder, split, batch_size=7, **IN_MEMORY))
    two = whole(load_split(folder, split, batch_size=7, **STREAMED))
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


@pytest.mark.parametrize("how", [IN_MEMORY, STREAMED], ids=["in memory", "streamed"])
def test_every_epoch_has_all_examples_in_another_order(folder: Path, how: dict[str, int]) -> None:
    batches = load_split(folder, "train", batch_size=32, shuffle_seed=5, **how)
    first, second = whole(batches), whole(batches)
    assert not np.array_equal(first[0], second[0])
    unshuffled = whole(load_split(folder, "train", batch_size=32, **how))
    assert content(first) == content(second) == content(unshuffled)


@pytest.mark.parametrize("how", [IN_MEMORY, STREAMED], ids=["in memory", "streamed"])
def test_the_seed_determines_the_order(folder: Path, how: dict[str, int]) -> None:
    def epochs(seed: int) -> list[Arrays]:
        batches = load_split(folder, "train", batch_size=32, shuffle_seed=seed, **how)
        return [whole(batches), whole(batches)]

    keras.utils.set_random_seed(1)
    one, again, other = epochs(5), epochs(5), epochs(6)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[0][0], other[0][0])


def test_preprocessing_layers_equal_the_training_input(
    folder: Path, prepared: PreparedDataset
) -> None:
    raw, _ = whole(load_raw(folder, "train", batch_size=64))
    trained_on, _ = whole(load_split(folder, "train", batch_size=64))
    inputs = keras.Input((6, 5, 3))
    outputs = inputs
    for layer in example_tensors(prepared.schema).layers():
        outputs = layer(outputs)
    assert raw.max() > 200
    assert np.allclose(keras.Model(inputs, outputs).predict(raw, verbose=0), trained_on, atol=1e-5)


def test_preprocessing_layers_are_float32_under_any_dtype_policy(
    prepared: PreparedDataset,
) -> None:
    moments = Normalization(mean=(70_000.0,) * 3, variance=(1e-20,) * 3)
    schema: DataSchema = prepared.schema.model_copy(update={"normalization": moments})
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        (layer,) = example_tensors(schema).layers()
        outputs = np.asarray(layer(np.full((1, 1, 1, 3), 70_001.0, np.float32)))
    finally:
        keras.config.set_dtype_policy(before)
    assert np.allclose(outputs, 1e7)


def test_a_split_is_decoded_once_a_process(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalShards, "verify", lambda *_: None)
    before = whole(load_split(copied, "train", batch_size=64, **IN_MEMORY))
    (shard,) = copied.glob("train-*.tfrecord")
    shard.write_bytes(bytes(shard.stat().st_size))  # unreadable
    after = whole(load_split(copied, "train", batch_size=64, **IN_MEMORY))
    assert np.array_equal(before[0], after[0])


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "missing; prepare the data again"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "bytes instead of"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "damaged"),
    ],
)
def test_a_damaged_shard_is_an_error(copied: Path, damage: object, says: str) -> None:
    (shard,) = copied.glob("test-*.tfrecord")
    damage(shard)  # type: ignore[operator]
    with pytest.raises(StorageError, match=says):
        load_split(copied, "test", batch_size=4)


def test_there_are_three_splits(folder: Path) -> None:
    with pytest.raises(ValueError, match="no split 'dev'"):
        load_split(folder, "dev", batch_size=4)


@pytest.mark.parametrize("how", [IN_MEMORY, STREAMED])
def test_a_valid_shard_with_other_content_is_an_error(copied: Path, how: dict[str, int]) -> None:
    relabel(next(copied.glob("train-*")))
    with pytest.raises(StorageError, match=r"train-.*its checksum differs"):
        whole(load_split(copied, "train", batch_size=64, **how))


def test_a_copy_with_a_schema_to_match_its_other_content_is_refused(
    copied: Path, folder: Path
) -> None:
    path = next(copied.glob("train-*"))
    schema = (copied / "schema.json").read_text()
    before = file_sha256(path)
    relabel(path)
    assert before in schema
    (copied / "schema.json").write_text(schema.replace(before, file_sha256(path)))
    whole(load_split(LocalShards(copied), "train", batch_size=64))
    with pytest.raises(StorageError, match=r"train-.*its checksum differs"):
        load_split(LocalShards(copied, origin=str(folder)), "train", batch_size=64)


def relabel(path: Path) -> None:
    """Makes of a shard another one of the same size, with other labels."""
    size, examples = path.stat().st_size, []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        example = tf.train.Example.FromString(record)
        label = example.features.feature["label"].int64_list
        label.value[0] = 1 if label.value[0] == 2 else 2
        examples.append(example.SerializeToString(deterministic=True))
    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            writer.write(example)
    assert path.stat().st_size == size
