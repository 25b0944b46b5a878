"""The graph of a network of ``layers``: equal for equal networks."""

import keras_tuner
import pytest

from kubenas.spaces.graph import Graph
from kubenas.spaces.layers.hypermodel import LayersHyperModel
from kubenas.spaces.options import LayersOptions
from kubenas.spaces.registry import space_graph
from kubenas.trial import SpaceRef

SHAPE = (9, 20, 2)
OPTIONS = LayersOptions(max_layers=8, max_filters=64)
HYPERMODEL = LayersHyperModel(input_shape=SHAPE, num_classes=3, options=OPTIONS)


def graph_of(values: dict) -> Graph:
    space = SpaceRef(name="layers", options=OPTIONS.model_dump())
    graph = space_graph(space)
    assert graph is not None
    return graph(input_shape=SHAPE, num_classes=3)(values)


def sampled(seed: int = 0, **fixed: object) -> keras_tuner.HyperParameters:
    """Returns random values, except for those in ``fixed``."""
    hp = keras_tuner.HyperParameters()
    HYPERMODEL.declare_hyperparameters(hp)
    hp.values = {}
    for number, parameter in enumerate(hp.space):
        if hp.is_active(parameter):
            value = parameter.random_sample(seed=1000 * seed + number + 1)
            hp.values[parameter.name] = fixed.get(parameter.name, value)
    return hp


def test_a_pooling_without_effect_makes_no_difference() -> None:
    poolings = {f"layer_{number}/kind": "max_pool" for number in range(2, 9)}
    seven, eight = (sampled(layers=count, **poolings) for count in (7, 8))
    assert seven.values != eight.values
    assert graph_of(seven.values).key == graph_of(eight.values).key


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("layer_1/filters", 64),
        ("layer_2/kernel", 5),
        ("head", "average"),
        ("activation", "silu"),
        ("dropout", 0.4),
        ("learning_rate", 0.00201),
    ],
)
def test_every_setting_makes_another_network(name: str, other: object) -> None:
    hp = keras_tuner.HyperParameters()
    HYPERMODEL.declare_hyperparameters(hp)
    first = graph_of(hp.values)
    assert hp.values[name] != other
    assert graph_of({**hp.values, name: other}).key != first.key
    assert graph_of(dict(reversed(hp.values.items()))).key == first.key


def test_a_custom_hypermodel_has_no_graph() -> None:
    assert space_graph(SpaceRef(hypermodel="file.py:Mine")) is None
    assert space_graph(SpaceRef(name="not registered here")) is None
