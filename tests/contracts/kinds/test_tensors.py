"""The contract of :class:`kubenas.data.kinds.tensors.ExampleTensors`, for every kind."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from kubenas.data.dataset.schema import SPLITS
from kubenas.data.dataset.streaming import StreamedShards
from kubenas.data.kinds.registry import example_tensors
from kubenas.data.kinds.tensors import ExampleTensors
from kubenas.data.loading import load_raw, load_split
from kubenas.data.preparation.prepare import PreparedDataset
from kubenas.errors import StorageError
from kubenas.training.process.stopping import Termination
from kubenas.training.sample_request import SampleAnswer, SampleRequest
from kubenas.training.tasks.run import run_task
from kubenas.trial import Task
from tests.contracts.kinds.reading import same, whole
from tests.contracts.kinds.samples import Sample
from tests.unit.training.conftest import spec_in

LOADERS: list[Callable[..., tf.data.Dataset]] = [load_split, load_raw]


@pytest.fixture
def tensors(prepared: PreparedDataset) -> ExampleTensors:
    return example_tensors(prepared.schema)


def through(layers: list[keras.Layer], values: Any) -> np.ndarray:
    values = tf.constant(values)
    for layer in layers:
        values = layer(values)
    return np.asarray(values)


@pytest.mark.parametrize("split", SPLITS)
def test_networks_take_what_the_layers_make_of_raw_examples(
    prepared: PreparedDataset, tensors: ExampleTensors, split: str
) -> None:
    folder = Path(prepared.uri)
    raw, labels = whole(load_raw(folder, split, batch_size=32))
    taken, same_labels = whole(load_split(folder, split, batch_size=50))
    assert np.array_equal(labels, same_labels)
    np.testing.assert_allclose(through(tensors.layers(), raw), taken, atol=1e-5)


@pytest.mark.parametrize("load", LOADERS)
def test_specs_are_those_of_the_batches(
    prepared: PreparedDataset, tensors: ExampleTensors, load: Callable[..., tf.data.Dataset]
) -> None:
    spec = tensors.raw_spec if load is load_raw else tensors.network_spec
    batches = load(Path(prepared.uri), "test", batch_size=4)
    assert batches.element_spec[0].dtype == spec.dtype
    assert batches.element_spec[0].shape.is_compatible_with(spec.shape)
    for values, labels in batches:
        assert (values.dtype, values.shape[1:]) == (spec.dtype, spec.shape[1:])
        assert (labels.dtype, labels.shape) == (tf.int32, values.shape[:1])


def test_the_schema_has_the_shapes_of_the_specs(
    prepared: PreparedDataset, tensors: ExampleTensors
) -> None:
    assert tuple(tensors.raw_spec.shape[1:]) == prepared.schema.input_shape
    assert tuple(tensors.network_spec.shape[1:]) == prepared.schema.shape
    assert tensors.raw_spec.name == tensors.input_name


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize("split", SPLITS)
def test_memory_shards_and_streams_have_the_same_examples(
    prepared: PreparedDataset, load: Callable[..., tf.data.Dataset], split: str
) -> None:
    streamed = StreamedShards(prepared.uri)
    in_memory = whole(load(Path(prepared.uri), split, batch_size=32))
    from_shards = whole(load(Path(prepared.uri), split, batch_size=32, in_memory_bytes=0))
    from_stream = whole(load(streamed, split, batch_size=32, in_memory_bytes=0))
    assert same(in_memory, from_shards)
    assert same(in_memory, from_stream)
    assert same(in_memory, whole(load(streamed, split, batch_size=32)))


@pytest.mark.parametrize("memory", [0, 1 << 30])
def test_a_shuffled_epoch_has_every_example_once(prepared: PreparedDataset, memory: int) -> None:
    folder = Path(prepared.uri)
    how = {"batch_size": 32, "in_memory_bytes": memory}
    ordered = whole(load_split(folder, "train", **how))
    shuffled = whole(load_split(folder, "train", shuffle_seed=5, **how))
    assert not same(ordered, shuffled)
    one, two = (
        sorted((x.tobytes(), int(y)) for x, y in zip(*each, strict=True))
        for each in (ordered, shuffled)
    )
    assert one == two


def test_views_with_equal_decoded_values_are_equal(
    prepared: PreparedDataset, tensors: ExampleTensors
) -> None:
    """They are a cache key."""
    again = example_tensors(prepared.schema)
    assert (again.raw, again.preprocessed) == (tensors.raw, tensors.preprocessed)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.unlink(), "missing; prepare the data again"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "bytes instead of"),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "damaged"),
    ],
    ids=["missing", "cut", "other bytes"],
)
@pytest.mark.parametrize("load", LOADERS)
def test_a_damaged_shard_is_an_error(
    prepared: PreparedDataset,
    tmp_path: Path,
    load: Callable[..., tf.data.Dataset],
    damage: Callable[[Path], object],
    says: str,
) -> None:
    copied = Path(shutil.copytree(prepared.uri, tmp_path / "copied"))
    (shard,) = copied.glob("test-*.tfrecord")
    damage(shard)
    with pytest.raises(StorageError, match=says):
        whole(load(copied, "test", batch_size=4))


def test_the_export_predicts_from_raw_examples_what_the_trained_model_does(
    sample: Sample, prepared: PreparedDataset, tmp_path: Path
) -> None:
    source = sample.hypermodel
    plan = {"epochs": 2, "keep_model": True}
    trained = spec_in(tmp_path, prepared.uri, source=source, plan=plan)
    result = run_task(trained, Termination())
    assert result.outcome == "completed", result.message
    weights = f"{trained.prefix}/model.weights.h5"
    exported = spec_in(tmp_path, prepared.uri, Task.EXPORT, source=source, model=weights)
    result = run_task(exported, Termination())
    assert result.outcome == "completed", result.message
    assert result.artifacts["model"] == "model.keras"
    tensors = example_tensors(prepared.schema)
    folder = Path(exported.prefix)
    described = json.loads((folder / "signature.json").read_text())["inputs"]
    assert described == {
        tensors.input_name: {
            "dtype": tensors.raw_spec.dtype.name,
            "shape": [None, *prepared.schema.input_shape],
        }
    }
    request = SampleRequest.from_json((folder / "sample_request.json").read_bytes())
    answer = SampleAnswer.from_json((folder / "sample_answer.json").read_bytes())
    raw, _ = whole(load_raw(Path(prepared.uri), "test", batch_size=64))
    plain = [value.decode() if isinstance(value, bytes) else value.tolist() for value in raw[:8]]
    assert list(request.instances) == plain
    served = tf.saved_model.load(str(folder / "saved_model/1")).signatures["serving_default"]
    inputs = tf.constant(request.instances, tensors.raw_spec.dtype)
    answers = served(**{tensors.input_name: inputs})["probabilities"]
    np.testing.assert_allclose(answers, answer.predictions, atol=answer.tolerance)
    loaded = keras.models.load_model(folder / "model.keras", compile=False)
    np.testing.assert_allclose(loaded(inputs), answer.predictions, atol=answer.tolerance)

    spec = spec_in(
        tmp_path,
        prepared.uri,
        Task.EVALUATE,
        source=source,
        model=f"{exported.prefix}/saved_model",
        simple_models=True,
    )
    result = run_task(spec, Termination())
    assert result.outcome == "completed", result.message
    assert result.latency_ms
    spec = spec_in(
        tmp_path,
        prepared.uri,
        Task.EVALUATE,
        source=source,
        model=f"{exported.prefix}/model.keras",
        attempt=2,
    )
    again = run_task(spec, Termination())
    assert (again.outcome, again.score) == ("completed", result.score), again.message
