"""Streaming of data sets that are larger than the local cache."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from kubenas.config import DataConfig
from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.dataset.streaming import StreamedShards, split_records
from kubenas.data.loading import Shards, load_split
from kubenas.data.preparation import shards
from kubenas.data.preparation.prepare import PreparedDataset, prepare_dataset
from kubenas.errors import StorageError
from kubenas.storage import open_storage
from kubenas.storage.remote import RemoteStorage
from kubenas.training.process.attempt import open_dataset
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import run_task
from kubenas.trial import Result
from tests.contracts.storage.servers import BUCKET, fake_gcs_server, moto_server
from tests.unit.training.conftest import spec_in

pytestmark = pytest.mark.timeout(300)

SHARD_BYTES = 4096  # 22 shards for training
TINY = "0.00001"  # GiB: two shards


@pytest.fixture(scope="module", params=["gs", "s3"])
def prepared(request: pytest.FixtureRequest) -> Iterator[PreparedDataset]:
    """The digits data set with many shards, in a bucket on a real server."""
    server = {"gs": fake_gcs_server, "s3": moto_server}[request.param]
    with server() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", url)
        patch.setenv("AWS_ENDPOINT_URL_S3", url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setattr(shards, "SHARD_BYTES", SHARD_BYTES)
        output = open_storage(f"{request.param}://{BUCKET}/out")
        yield prepare_dataset(DataConfig(source="digits"), output)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tiny_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBENAS_CACHE_GIB", TINY)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the objects that were read."""
    names: list[str] = []
    read = RemoteStorage.read

    def noting(storage: RemoteStorage, name: str, **limits: Any) -> bytes:
        names.append(name)
        return read(storage, name, **limits)

    monkeypatch.setattr(RemoteStorage, "read", noting)
    return names


def epochs(dataset: Shards, split: str = "train", **how: Any) -> list[Any]:
    """Returns all arrays of two epochs."""
    batches = load_split(dataset, split, batch_size=50, in_memory_bytes=0, **how)
    return [array for _ in range(2) for pair in batches.as_numpy_iterator() for array in pair]


def same(one: list[Any], two: list[Any]) -> bool:
    return len(one) == len(two) and all(map(np.array_equal, one, two))


def test_data_sets_that_fit_are_staged_and_others_streamed(
    prepared: PreparedDataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(prepared.schema.splits["train"].shards) > 10
    staged = open_dataset(prepared.uri)
    assert isinstance(staged, LocalShards)
    assert staged.origin == prepared.uri, "what the data are is not read from the cache"
    assert staged.folder.is_relative_to(cache)
    monkeypatch.setenv("KUBENAS_CACHE_GIB", TINY)
    monkeypatch.setenv("KUBENAS_CACHE", str(cache / "another"))
    assert open_dataset(prepared.uri) == StreamedShards(prepared.uri)


def test_streamed_and_staged_epochs_are_equal(prepared: PreparedDataset) -> None:
    staged, streamed = open_dataset(prepared.uri), StreamedShards(prepared.uri)
    for split in ("train", "validation", "test"):
        assert same(epochs(streamed, split), epochs(staged, split))
    shuffled = epochs(streamed, shuffle_seed=3)
    assert same(shuffled, epochs(staged, shuffle_seed=3))
    labels = np.concatenate(shuffled[1::2])
    assert not np.array_equal(*np.split(labels, 2)), "each epoch in another order"
    counts = prepared.schema.splits["train"].class_counts
    assert tuple(np.bincount(labels)) == tuple(2 * count for count in counts)


def test_few_shards_are_in_memory_at_a_time(prepared: PreparedDataset, reads: list[str]) -> None:
    def fetched() -> int:
        return sum(name.endswith(".tfrecord") for name in reads)

    names = [shard.name for shard in prepared.schema.splits["train"].shards]
    records = iter(
        StreamedShards(prepared.uri).records(
            tf.data.Dataset.from_tensor_slices(names), cycle_length=1
        )
    )
    next(records)
    assert 1 <= fetched() <= 4, "one open, two fetched ahead, one just begun"
    assert sum(1 for _ in records) + 1 == prepared.schema.splits["train"].examples
    assert fetched() == len(names)


@pytest.mark.usefixtures("tiny_cache")
def test_a_trial_on_streamed_data_has_the_same_result(
    prepared: PreparedDataset,
    cache: Path,
    tmp_path: Path,
    reads: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(load_split.__kwdefaults__, "in_memory_bytes", 0)

    def trained(name: str) -> Result:
        (tmp_path / name).mkdir()
        return run_task(spec_in(tmp_path / name, prepared.uri), Termination())

    with caplog.at_level(logging.INFO):
        streamed = trained("streamed")
    assert streamed.outcome == "completed", streamed.message
    assert "streaming the data set from the store" in caplog.text
    assert not list(cache.rglob("*.tfrecord"))
    assert reads.count("schema.json") == 1
    monkeypatch.setenv("KUBENAS_CACHE_GIB", "1")
    staged = trained("staged")
    assert list(cache.rglob("*.tfrecord"))
    assert (streamed.score, streamed.metrics) == (staged.score, staged.metrics)


@pytest.mark.usefixtures("tiny_cache")
def test_a_damaged_shard_is_a_storage_error_not_a_model_error(
    prepared: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load_split.__kwdefaults__, "in_memory_bytes", 0)
    storage, shard = open_storage(prepared.uri), prepared.schema.splits["train"].shards[5]
    content = storage.read(shard.name)
    storage.write(shard.name, content[:-1] + b"!")
    try:
        with pytest.raises(StorageError, match=f"{shard.name}: damaged: its checksum differs"):
            run_task(spec_in(tmp_path, prepared.uri), Termination())
    finally:
        storage.write(shard.name, content)


def test_split_records_reads_files_of_tensorflow(tmp_path: Path) -> None:
    records = [b"", b"one", bytes(1000), b"\0end\0"]
    with tf.io.TFRecordWriter(str(tmp_path / "shard")) as writer:
        for record in records:
            writer.write(record)
    assert split_records((tmp_path / "shard").read_bytes()) == records
    assert split_records(b"") == []
