"""What every registered space for images promises: valid models and their exact graphs."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubenas.config import PRETRAINED_SPACE
from kubenas.reporting.network.drawing import draw_network
from kubenas.spaces.graph import Graph
from kubenas.spaces.registry import SPACES, load_hypermodel, space_graph
from kubenas.training.model.architecture import describe_architecture
from kubenas.training.model.measure import measure_cost
from kubenas.training.process.keras_settings import dtype_policy_within
from kubenas.trial import SpaceRef
from tests.unit.spaces.points import Shape, declared, hypermodel_of, points, sampled
from tests.unit.spaces.transfer.backbones import write_backbone

SHAPE = (9, 20, 2)
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "layers": {"max_layers": 8, "max_filters": 64},
    "residual": {"max_stages": 4, "max_blocks": 2, "max_filters": 32},
    "mobile": {"max_stages": 3, "max_blocks": 2, "max_width": 1.0},
    "cell": {"filters": 8},
    "cell/darts": {"kind": "darts", "filters": 8, "nodes": 2},
    "transfer": {"min_input_size": 32, "max_input_size": 64, "max_units": 64},
}
"""Options other than the defaults. A space with different kinds of network has several entries."""

each_space = pytest.mark.parametrize("name", list(OPTIONS))


BACKBONES: dict[int, str] = {}
"""Files of pretrained networks, by the number of channels."""


@pytest.fixture(scope="module", autouse=True)
def _backbones(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("backbones")
    BACKBONES.update({n: write_backbone(folder / f"{n}.keras", channels=n) for n in (2, 3, 4)})


def space_of(name: str, channels: int = SHAPE[2]) -> SpaceRef:
    taken = 3 if channels == 1 else channels  # a single channel is repeated
    return SpaceRef(
        name=name.partition("/")[0],
        options=dict(OPTIONS[name]),
        weights=BACKBONES[taken] if name == PRETRAINED_SPACE else None,
    )


def hypermodel(name: str, shape: Shape = SHAPE, classes: int = 3) -> keras_tuner.HyperModel:
    return hypermodel_of(space_of(name, shape[2]), shape=shape, classes=classes)


def graph_of(name: str, values: Mapping[str, Any]) -> Graph:
    make = space_graph(space_of(name))
    assert make is not None
    return make(input_shape=SHAPE, num_classes=3)(values)


def test_every_registered_space_is_tested() -> None:
    assert {space_of(name).name for name in OPTIONS} == {
        space.name for space in SPACES if space.kind == "image"
    }


@each_space
@pytest.mark.parametrize(
    ("shape", "classes"),
    [((4, 4, 1), 2), ((5, 9, 4), 3), ((28, 28, 1), 10), ((1, 90, 3), 2), ((224, 224, 3), 1000)],
)
def test_samples_build_at_every_size(name: str, shape: Shape, classes: int) -> None:
    space = hypermodel(name, shape, classes)
    for seed in range(2):
        keras.backend.clear_session()
        model = space.build(sampled(space, seed))
        probabilities = model(np.ones((2, *shape), np.float32), training=False)
        assert probabilities.shape == (2, classes)
        np.testing.assert_allclose(np.sum(probabilities, axis=1), 1, rtol=1e-4)
        assert model.input.name == "image"
        assert model.output_names == ["probabilities"]


@each_space
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_parameters_are_exact_and_operations_near(name: str, data: st.DataObject) -> None:
    keras.backend.clear_session()
    space = hypermodel(name)
    hp = data.draw(points(space))
    model, graph = space.build(hp), graph_of(name, hp.values)
    assert graph.parameters == model.count_params()
    assert graph.flops == pytest.approx(
        measure_cost(model, tf.TensorSpec((None, *SHAPE), tf.float32)).flops, rel=0.1
    )


@each_space
def test_one_declaration_gives_what_every_sample_gives(name: str) -> None:
    space = hypermodel(name)
    names = [parameter.name for parameter in declared(space).space]
    assert len(set(names)) == len(names)
    for seed in range(20):
        hp = keras_tuner.HyperParameters()
        hp.values = sampled(space, seed).values
        space.declare_hyperparameters(hp)
        assert [parameter.name for parameter in hp.space] == names


@each_space
def test_the_order_of_the_values_is_no_difference(name: str) -> None:
    values = declared(hypermodel(name)).values
    assert graph_of(name, dict(reversed(values.items()))).key == graph_of(name, values).key


@each_space
def test_the_report_draws_the_default_network(name: str) -> None:
    space = hypermodel(name)
    model = space.build(declared(space))
    drawing = draw_network(describe_architecture(model))
    assert drawing is not None
    assert all(title in drawing for title in ("Conv", "Dense 3"))


@each_space
def test_a_graph_needs_neither_keras_nor_tensorflow(name: str) -> None:
    program = (
        "import sys; from kubenas.spaces.registry import space_graph; from kubenas.trial import"
        f" SpaceRef; space_graph(SpaceRef.from_json({space_of(name).to_json()!r}))"
        "(input_shape=(8, 8, 1), num_classes=2);"
        " sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


@pytest.mark.parametrize("name", ["residual", "mobile", "cell"])
@pytest.mark.parametrize(("symmetric", "default"), [(True, "shift_flip"), (False, "shift")])
def test_images_are_flipped_by_default_where_mirrored_ones_keep_their_class(
    name: str, symmetric: bool, default: str
) -> None:
    hp = keras_tuner.HyperParameters()
    load_hypermodel(
        SpaceRef(name=name), input_shape=(32, 32, 3), num_classes=2, mirror_symmetric=symmetric
    ).declare_hyperparameters(hp)
    assert hp.values["augmentation"] == default


_IN_FLOAT32 = (
    keras.layers.RandomTranslation,
    keras.layers.RandomErasing,
    keras.layers.Resizing,
    keras.layers.Dense,
)
"""Layers that prepare images or give the probabilities."""


@each_space
def test_a_mixed_policy_computes_layers_with_most_operations_in_16_bits(name: str) -> None:
    hp = declared(hypermodel(name))
    strong = {"augmentation": "strong", "augmentation_strength": 0.5, "mixing": "none"}
    hp.values.update({**strong, "dropout": 0.1, "units": 0, "dense_layers": 0})
    with dtype_policy_within("mixed_bfloat16"):
        model = hypermodel(name).build(hp)
    shown = [layer for layer in model.layers if layer.name != "probabilities"]
    assert model.get_layer("probabilities").compute_dtype == "float32"
    dtypes = {layer.name: layer.compute_dtype for layer in shown if isinstance(layer, _IN_FLOAT32)}
    assert set(dtypes.values()) <= {"float32"}
    convolutions = [layer for layer in shown if isinstance(layer, keras.layers.Conv2D)]
    assert {layer.compute_dtype for layer in convolutions} == {"bfloat16"}
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
