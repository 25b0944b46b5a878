"""The graph of a network of ``text``: exact weights, and equal only where the networks are."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import keras
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubenas.spaces.graph import Graph
from kubenas.spaces.options import TextOptions
from kubenas.spaces.text.network import network_of
from kubenas.training.model.measure import measure_cost
from tests.unit.spaces.points import points, sampled
from tests.unit.spaces.text.texts import (
    GRAPH,
    HYPERMODEL,
    LENGTH,
    VOCABULARY,
    graph_for,
    hypermodel_for,
    point,
    values_of,
)


def graph_of(encoder: str, **changes: Any) -> Graph:
    return GRAPH(point(encoder, **changes).values)


@pytest.mark.parametrize("seed", range(36))
def test_the_number_of_weights_is_exact(seed: int) -> None:
    keras.backend.clear_session()
    hp = sampled(HYPERMODEL, seed)
    assert GRAPH(hp.values).parameters == HYPERMODEL.build(hp).count_params()


@pytest.mark.parametrize("encoder", ["parallel", "separable", "transformer"])
@pytest.mark.parametrize("seed", range(2))
def test_operations_are_near_those_of_the_profiler(encoder: str, seed: int) -> None:
    hp = sampled(HYPERMODEL, seed, **values_of(encoder, length=1.0))
    measured = measure_cost(HYPERMODEL.build(hp), tf.TensorSpec((None, LENGTH), tf.int32)).flops
    assert GRAPH(hp.values).flops == pytest.approx(measured, rel=0.15)


TEXTS = [(1, 3), (72, 7001), (64, 2000), (9, 30_000)]


@pytest.mark.parametrize(("length", "vocabulary"), TEXTS)
@pytest.mark.parametrize("seed", range(6))
def test_the_number_of_weights_is_exact_for_all_texts(
    length: int, vocabulary: int, seed: int
) -> None:
    keras.backend.clear_session()
    options = TextOptions(max_embedding=24, max_units=20, max_layers=2, max_length=50)
    texts = {"length": length, "vocabulary": vocabulary, "options": options}
    hypermodel, graph = hypermodel_for(**texts), graph_for(**texts)
    hp = sampled(hypermodel, seed)
    assert graph(hp.values).parameters == hypermodel.build(hp).count_params()


@pytest.mark.parametrize(
    ("vocabulary", "read"),
    [
        (1999, [1999, 1999, 1999, 1999]),
        (13_423, [2000, 5000, 10_000, 13_423]),
        (90_000, [2000, 5000, 10_000, 20_000]),
    ],
)
def test_graphs_are_equal_where_the_same_words_are_read(vocabulary: int, read: list[int]) -> None:
    make = graph_for(vocabulary=vocabulary)
    choices = (2000, 5000, 10_000, 20_000)
    graphs = [make(point("gru", vocabulary=choice).values) for choice in choices]
    assert [graph.labels[0] for graph in graphs] == [f"{LENGTH} tokens of {size}" for size in read]
    assert len({graph.key for graph in graphs}) == len(set(read))


@pytest.mark.parametrize(
    ("length", "read"), [(1, [1, 1, 1]), (9, [3, 5, 9]), (64, [16, 32, 64]), (500, [25, 50, 100])]
)
def test_a_share_of_the_longest_texts_is_read(length: int, read: list[int]) -> None:
    make = graph_for(length=length, options=TextOptions(max_length=100))
    graphs = [make(point("gru", length=share).values) for share in (0.25, 0.5, 1.0)]
    expected = [f"{tokens} tokens of {VOCABULARY}" for tokens in read]
    assert [graph.labels[0] for graph in graphs] == expected
    assert len({graph.key for graph in graphs}) == len(set(read))


def network_in(values: Mapping[str, Any], graph: Graph) -> tuple[Any, ...]:
    return network_of(values, length=LENGTH, vocabulary_size=VOCABULARY), graph.rest


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_one_changed_value_changes_the_graph_where_it_changes_the_network(
    data: st.DataObject,
) -> None:
    hp = data.draw(points(HYPERMODEL))
    parameter = data.draw(st.sampled_from([p for p in hp.space if p.name in hp.values]))
    before, first = dict(hp.values), GRAPH(hp.values)
    hp.values[parameter.name] = parameter.random_sample(seed=data.draw(st.integers(0, 999)))
    hp.ensure_active_values()
    second = GRAPH(hp.values)
    same = network_in(before, first) == network_in(hp.values, second)
    assert (first.key == second.key) is same


@pytest.mark.parametrize(
    ("encoder", "labels"),
    [
        ("words", []),
        ("parallel", ["conv 3 x 20", "conv 4 x 20", "conv 5 x 20", "concatenate"]),
        ("separable", ["separable conv 3 x 20", "separable conv 3 x 20", "add"]),
        ("gru", ["GRU 20", "GRU 20"]),
        ("lstm", ["LSTM 20"]),
        (
            "transformer",
            ["positions", *(2 * ["attention 4 heads", "add", "feed-forward 32", "add"]), "norm"],
        ),
    ],
)
def test_nodes_are_the_operations(encoder: str, labels: list[str]) -> None:
    graph = graph_of(encoder, units=16)
    start = [f"{LENGTH} tokens of {VOCABULARY}", "embedding 16"]
    assert list(graph.labels) == [*start, *labels, "average and max", "dense 16"]


def test_ngrams_are_a_node_and_their_buckets_hold_embeddings() -> None:
    graph, words = graph_of("bag"), graph_of("words")
    assert graph.labels[1] == "3-grams in 4096"
    assert graph.parameters
    assert words.parameters
    assert graph.parameters - words.parameters == 4096 * 16
    assert graph.activations == 16 * (LENGTH + LENGTH - 1 + LENGTH - 2)


def test_ngrams_longer_than_the_text_are_no_difference() -> None:
    of_one_word = graph_for(length=1)
    first, second = (of_one_word(point("bag", **{"bag/ngrams": size}).values) for size in (1, 3))
    assert first.key == second.key


def test_convolutions_side_by_side_share_their_input() -> None:
    graph = graph_of("parallel")
    sources = [source for source, _ in graph.edges]
    assert sources.count(graph.labels.index("embedding 16")) == 3


def test_a_branch_of_a_transformer_has_a_shortcut() -> None:
    graph = graph_of("transformer")
    added = graph.labels.index("add")
    assert sorted(source for source, target in graph.edges if target == added) == [
        added - 2,
        added - 1,
    ]


def test_a_graph_needs_neither_keras_nor_tensorflow() -> None:
    program = (
        "import sys; from kubenas.spaces.registry import space_graph; from kubenas.trial import"
        " SpaceRef; space_graph(SpaceRef(name='text'))"
        "(input_shape=(8,), num_classes=2, vocabulary_size=100);"
        " sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
