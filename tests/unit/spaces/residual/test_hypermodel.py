"""The space ``residual``: bounded cost, no value without a use, random layers in training only."""

from typing import Any

import keras
import numpy as np
import pytest

from kubenas.spaces.convolution.operations import output_of
from kubenas.spaces.convolution.strides import SHORTEST_HALVED_SIDE
from kubenas.spaces.options import ResidualOptions
from kubenas.spaces.residual.hypermodel import ResidualHyperModel, choose_network
from kubenas.spaces.residual.network import Stage
from kubenas.spaces.residual.operations import build_body
from kubenas.training.fit.label_format import takes_one_hot
from tests.unit.spaces.points import declared, sampled

SHAPE = (8, 8, 1)
HYPERMODEL = ResidualHyperModel(input_shape=SHAPE, num_classes=4, options=ResidualOptions())
SMALL = {"stem/filters": 16, "stages": 1, "stage_1/blocks": 1, "stage_1/filters": 16}
PLAIN = {"augmentation": "none", "label_smoothing": 0.0}
RANDOM = {**PLAIN, "augmentation": "shift_flip", "drop_path": 0.2, "dropout": 0.5}


def built(**values: Any) -> keras.Model:
    hp = declared(HYPERMODEL)
    hp.values.update(SMALL | values)
    hp.ensure_active_values()
    return HYPERMODEL.build(hp)


def pictures() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(16, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("shape", [(4, 4, 1), (1, 300, 3), (32, 32, 3), (224, 150, 4)])
@pytest.mark.parametrize("seed", range(3))
def test_large_maps_are_shortened_and_small_ones_kept(
    shape: tuple[int, int, int], seed: int
) -> None:
    hypermodel = ResidualHyperModel(
        input_shape=shape, num_classes=2, options=ResidualOptions(max_stages=5)
    )
    hp = sampled(hypermodel, seed, stages=5)
    maps = build_body(choose_network(hp, ResidualOptions(max_stages=5), shape), shape)
    stem = size = output_of(maps.stem, shape)
    assert max(stem[:2]) <= 32
    for block in maps.blocks:
        size = output_of(block.branch, size)
    least = min(stem[0], stem[1], SHORTEST_HALVED_SIDE // 2)
    assert min(size[:2]) >= least


def test_random_layers_are_the_identity_at_inference() -> None:
    plain, random = built(**PLAIN), built(**RANDOM)
    _train_a_step(random)
    plain.set_weights(random.get_weights())
    expected = np.asarray(plain(pictures(), training=False))
    np.testing.assert_allclose(random(pictures(), training=False), expected, atol=1e-6)
    assert np.abs(random(pictures(), training=True) - expected).max() > 1e-3


def _train_a_step(model: keras.Model) -> None:
    """The branches count from the first step on, for they start at zero."""
    model.train_on_batch(pictures(), np.arange(16) % 4)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_accuracy_is_the_share_of_right_answers_with_smoothed_labels(smoothing: float) -> None:
    model = built(label_smoothing=smoothing)
    assert takes_one_hot(model) is (smoothing > 0)
    answers = np.asarray(model(pictures(), training=False)).argmax(axis=1)
    labels = np.where(np.arange(16) < 12, answers, (answers + 1) % 4)
    given = np.eye(4)[labels] if takes_one_hot(model) else labels
    result = model.evaluate(pictures(), given, verbose=0, return_dict=True)
    assert result["accuracy"] == pytest.approx(12 / 16)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_weight_decay_leaves_biases_and_norms_out(optimizer: str) -> None:
    model = built(optimizer=optimizer, **{f"{optimizer}_weight_decay": 1e-3})
    assert model.optimizer.weight_decay == 1e-3
    model.optimizer.build(model.trainable_variables)
    decayed = {v.name for v in model.trainable_variables if model.optimizer._use_weight_decay(v)}
    assert decayed == {"kernel"}


def test_a_network_has_no_value_that_it_does_not_use() -> None:
    hp = declared(HYPERMODEL)
    hp.values.update({"stages": 1, "stage_1/block": "residual", "optimizer": "adamw"})
    hp.ensure_active_values()
    assert set(hp.values) == {
        "stem/filters",
        "stages",
        "stage_1/stride",
        "stage_1/block",
        "stage_1/blocks",
        "stage_1/filters",
        "stage_1/kernel",
        "stage_1/squeeze_excitation",
        "width",
        "activation",
        "drop_path",
        "dropout",
        "augmentation",
        "optimizer",
        "adamw_learning_rate",
        "adamw_weight_decay",
        "label_smoothing",
    }


@pytest.mark.parametrize(("shape", "stride"), [((8, 8, 1), 1), ((32, 32, 3), 2)])
def test_the_default_is_a_plain_residual_network_without_flips(
    shape: tuple[int, int, int], stride: int
) -> None:
    options = ResidualOptions()
    hypermodel = ResidualHyperModel(input_shape=shape, num_classes=4, options=options)
    hp = declared(hypermodel)
    network = hypermodel.choose_network(hp)
    strides, filters = (stride, 2, 2), (24, 48, 96)
    assert network.stages == tuple(
        Stage("residual", 1, width, 3, 1, squeeze_excitation=False, stride=stride)
        for width, stride in zip(filters, strides, strict=True)
    )
    assert hp.values["augmentation"] == "shift"
    assert hp.values["optimizer"] == "sgd"
    assert hp.values["label_smoothing"] == 0.1


def test_options_bound_the_space() -> None:
    options = ResidualOptions(max_stages=1, max_blocks=1, max_filters=40)
    hypermodel = ResidualHyperModel(input_shape=SHAPE, num_classes=2, options=options)
    hp = declared(hypermodel)
    assert not any(parameter.name.startswith("stage_2") for parameter in hp.space)
    (filters,) = (p for p in hp.space if p.name == "stage_1/filters")
    assert filters.values == [16, 24, 32, 40]
    (stage,) = choose_network(sampled(hypermodel, 3), options, SHAPE).stages
    assert stage.blocks == 1
