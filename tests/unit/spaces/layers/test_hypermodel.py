"""The space ``layers``: bounded maps, no value without a use."""

import keras_tuner
import pytest

from kubenas.spaces.layers.hypermodel import LayersHyperModel, choose_network
from kubenas.spaces.layers.model import build_network
from kubenas.spaces.layers.network import Convolution, Network, Pooling
from kubenas.spaces.options import LayersOptions


def space(options: LayersOptions | None = None) -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    hypermodel = LayersHyperModel(
        input_shape=(8, 8, 1), num_classes=10, options=options or LayersOptions()
    )
    hypermodel.declare_hyperparameters(hp)
    return hp


def sampled(seed: int, options: LayersOptions | None = None) -> keras_tuner.HyperParameters:
    hp = space(options)
    hp.values = {}
    for number, parameter in enumerate(hp.space):
        if hp.is_active(parameter):
            hp.values[parameter.name] = parameter.random_sample(seed=1000 * seed + number)
    return hp


def network(*layers: Convolution | Pooling, head: str = "flatten") -> Network:
    return Network(Convolution(32, 5), layers, "relu", False, head, (64,), 0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(4, 4, 1), (1, 300, 3), (28, 28, 1), (224, 224, 4)])
def test_the_most_poolings_leave_a_map_and_flattening_stays_small(
    shape: tuple[int, int, int],
) -> None:
    for layers in [(), (Pooling("max"),) * 15]:
        model = build_network(network(*layers), input_shape=shape, num_classes=3)
        sizes = [layer.output.shape[1:] for layer in model.layers]
        assert all(min(size) >= 1 for size in sizes)
        assert model.get_layer("flatten").output.shape[1] <= 2048


def test_large_images_are_reduced_before_the_searched_layers() -> None:
    model = build_network(network(Convolution(32, 3)), input_shape=(224, 224, 3), num_classes=3)
    assert max(model.get_layer("layer_2").output.shape[1:3]) <= 16


def test_a_network_has_no_value_that_it_does_not_use() -> None:
    hp = space(LayersOptions(max_layers=3))
    hp.values.update({"layers": 2, "layer_2/kind": "max_pool", "optimizer": "sgd"})
    hp.values.update({"dense_layers": 0})
    hp.ensure_active_values()
    assert set(hp.values) == {
        "layers",
        "layer_1/filters",
        "layer_1/kernel",
        "layer_2/kind",
        "activation",
        "batch_norm",
        "head",
        "dense_layers",
        "dropout",
        "optimizer",
        "sgd_learning_rate",
    }


def test_the_values_decide_the_network() -> None:
    hp = space()
    hp.values.update({"layers": 3, "layer_1/filters": 32, "layer_2/kind": "separable_conv"})
    hp.values.update({"layer_2/filters": 16, "layer_2/kernel": 5, "layer_3/kind": "average_pool"})
    chosen = choose_network(hp, LayersOptions())
    assert chosen.first == Convolution(32, 5)
    assert chosen.layers == (Convolution(16, 5, separable=True), Pooling("average"))


def test_options_bound_the_space() -> None:
    options = LayersOptions(max_layers=1, max_filters=24, max_dense_layers=0, max_units=16)
    hp = space(options)
    assert not any(parameter.name.startswith(("layer_2", "dense")) for parameter in hp.space)
    (filters,) = (p for p in hp.space if p.name == "layer_1/filters")
    assert filters.values == [16, 24]
    assert choose_network(sampled(3, options), options).layers == ()
