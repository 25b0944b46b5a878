"""The space ``text``: random points train, padding does not count, no value without a use."""

from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from kubenas.search.space.point import read_space, to_point
from kubenas.spaces.options import TextOptions
from kubenas.spaces.text.hypermodel import TextHyperModel
from kubenas.training.process.keras_settings import dtype_policy_within
from tests.unit.spaces.points import declared, sampled
from tests.unit.spaces.text.texts import (
    CLASSES,
    ENCODERS,
    HYPERMODEL,
    LENGTH,
    built,
    hypermodel_for,
    labels,
    point,
    texts,
    values_of,
)

each_encoder = pytest.mark.parametrize("encoder", list(ENCODERS))
REGULARISED = {"word_dropout": 0.4, "embedding_dropout": 0.5, "dropout": 0.5}
NOT_REGULARISED = dict.fromkeys(REGULARISED, 0.0)


def choices(space: TextHyperModel, name: str) -> list[Any]:
    (found,) = (parameter for parameter in declared(space).space if parameter.name == name)
    return list(found.values)


@pytest.mark.parametrize("encoder", ["bag", "convolutional", "recurrent", "transformer"])
@pytest.mark.parametrize("seed", range(2))
def test_random_points_train_and_predict(encoder: str, seed: int) -> None:
    keras.backend.clear_session()
    model = HYPERMODEL.build(sampled(HYPERMODEL, seed, encoder=encoder))
    loss, _ = model.train_on_batch(texts(), labels(model))
    assert np.isfinite(loss)
    probabilities = model.predict(texts(), verbose=0)
    assert probabilities.shape == (8, CLASSES)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-4)
    assert model.input.name == "tokens"
    assert model.input.dtype == "int32"
    assert model.output_names == ["probabilities"]


@pytest.mark.parametrize(("length", "vocabulary"), [(1, 3), (3, 50_000)])
@pytest.mark.parametrize("encoder", ["bag", "parallel", "separable", "gru", "transformer"])
def test_short_texts_and_small_vocabularies_build(
    encoder: str, length: int, vocabulary: int
) -> None:
    space = hypermodel_for(length=length, vocabulary=vocabulary)
    hp = sampled(space, 1, **values_of(encoder))
    tokens = np.full((2, length), vocabulary - 1, np.int32)
    assert np.isfinite(np.asarray(space.build(hp)(tokens))).all()


@each_encoder
def test_what_follows_padding_does_not_count(encoder: str) -> None:
    model, tokens = built(encoder), texts()
    tokens[:, 4] = 0
    other = tokens.copy()
    tokens[:, 5:], other[:, 5:] = 0, 7
    np.testing.assert_array_equal(model(tokens), model(other))


@each_encoder
def test_more_padding_is_no_difference(encoder: str) -> None:
    hp = point(encoder)
    short = HYPERMODEL.build(hp)
    long = hypermodel_for(length=2 * LENGTH).build(hp)
    _copy_weights(short, long)
    padded = np.pad(texts(), ((0, 0), (0, LENGTH)))
    np.testing.assert_allclose(long(padded), short(texts()), atol=1e-5)


def _copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copies all weights; positions that ``source`` lacks keep theirs."""
    for old, new in zip(source.weights, target.weights, strict=True):
        values = new.numpy()
        values[: old.shape[0]] = old.numpy()
        new.assign(values)


def test_an_empty_text_is_one_unknown_word() -> None:
    model = built("bag")
    unknown = np.zeros((1, LENGTH), np.int32)
    unknown[0, 0] = 1
    np.testing.assert_array_equal(model(np.zeros_like(unknown)), model(unknown))


def test_rare_words_and_later_words_are_not_read() -> None:
    model = built("gru", vocabulary=2000, length=0.5)
    tokens = np.full((1, LENGTH), 1999, np.int32)
    rare, unknown, later = tokens.copy(), tokens.copy(), tokens.copy()
    rare[0, 2], unknown[0, 2], later[0, 5:] = 2000, 1, 3
    np.testing.assert_array_equal(model(rare), model(unknown))
    np.testing.assert_array_equal(model(later), model(tokens))
    assert np.abs(model(unknown) - model(tokens)).max() > 0


@each_encoder
def test_dropout_acts_in_training_only(encoder: str) -> None:
    plain, random = built(encoder, **NOT_REGULARISED), built(encoder, **REGULARISED)
    random.set_weights(plain.get_weights())
    expected = np.asarray(plain(texts(), training=False))
    np.testing.assert_allclose(random(texts(), training=False), expected, atol=1e-6)
    assert np.abs(random(texts(), training=True) - expected).max() > 1e-4


@pytest.mark.parametrize("encoder", ["bag", "separable", "gru", "transformer"])
def test_a_seed_gives_the_same_training(encoder: str) -> None:
    first, second = (_trained(encoder) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def _trained(encoder: str) -> list[np.ndarray]:
    keras.utils.set_random_seed(3)
    model = built(encoder, **REGULARISED)
    model.fit(texts(), labels(model), epochs=2, batch_size=4, verbose=0)
    return list(model.get_weights())


@each_encoder
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_mixed_policy_gives_probabilities_in_float32(encoder: str, policy: str) -> None:
    with dtype_policy_within(policy):
        model = built(encoder, units=16, **REGULARISED)
    assert model.get_layer("embedding").compute_dtype == policy.removeprefix("mixed_")
    assert model.get_layer("average").compute_dtype == "float32"
    probabilities = np.asarray(model(texts(), training=False))
    assert probabilities.dtype == np.float32
    assert np.isfinite(probabilities).all()


def test_one_declaration_gives_what_every_sample_gives() -> None:
    names = [parameter.name for parameter in declared(HYPERMODEL).space]
    assert len(set(names)) == len(names)
    for seed in range(20):
        hp = keras_tuner.HyperParameters()
        hp.values = sampled(HYPERMODEL, seed).values
        HYPERMODEL.declare_hyperparameters(hp)
        assert [parameter.name for parameter in hp.space] == names


COMMON = {
    "length",
    "vocabulary",
    "embedding",
    "encoder",
    "pooling",
    "units",
    "word_dropout",
    "embedding_dropout",
    "dropout",
    "optimizer",
    "adamw_learning_rate",
    "adamw_weight_decay",
    "label_smoothing",
}


@pytest.mark.parametrize(
    ("encoder", "own"),
    [
        ("words", {"bag/ngrams"}),
        ("bag", {"bag/ngrams", "bag/buckets"}),
        (
            "parallel",
            {"convolutional/kind", "convolutional/filters", "convolutional/kernels"},
        ),
        (
            "separable",
            {f"convolutional/{name}" for name in ("kind", "filters", "layers", "kernel")},
        ),
        ("gru", {"recurrent/cell", "recurrent/units", "recurrent/layers"}),
        ("transformer", {f"transformer/{name}" for name in ("layers", "heads", "expansion")}),
    ],
)
def test_a_network_has_no_value_that_it_does_not_use(encoder: str, own: set[str]) -> None:
    assert set(point(encoder).values) == COMMON | own


def test_choices_follow_from_the_options() -> None:
    space = hypermodel_for(options=TextOptions(max_embedding=100, max_units=50, max_layers=1))
    assert choices(space, "vocabulary") == [2000, 5000, 10_000, 20_000]
    assert choices(space, "length") == [0.25, 0.5, 1.0]
    assert choices(space, "embedding") == [16, 32, 64, 100]
    assert choices(space, "units") == [0, 16, 32, 50]
    for name in ("convolutional/layers", "recurrent/layers", "transformer/layers"):
        (layers,) = (each for each in declared(space).space if each.name == name)
        assert (layers.min_value, layers.max_value) == (1, 1)


def test_default_networks_read_all_words() -> None:
    values = declared(HYPERMODEL).values
    assert (values["length"], values["vocabulary"]) == (1.0, 20_000)


@pytest.mark.parametrize(
    ("length", "vocabulary"), [(1, 2), (72, 13_423), (64, 1999), (4096, 90_000)]
)
@pytest.mark.parametrize("seed", range(6))
def test_a_point_for_some_texts_is_a_point_for_others(
    length: int, vocabulary: int, seed: int
) -> None:
    earlier = hypermodel_for(length=64, vocabulary=13_422)
    later = hypermodel_for(length=length, vocabulary=vocabulary)
    values = sampled(earlier, seed).values
    assert to_point(read_space(declared(later).get_config()), values) == values
    assert declared(later).get_config() == declared(earlier).get_config()
