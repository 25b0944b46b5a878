"""The space ``mobile``: bounded total stride, scaled images, no value without a use."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kubenas.spaces.convolution.operations import output_of
from kubenas.spaces.mobile.hypermodel import MobileHyperModel, choose_network
from kubenas.spaces.mobile.network import Stage
from kubenas.spaces.mobile.operations import build_body, scaled_sides
from kubenas.spaces.options import MobileOptions
from tests.unit.spaces.points import Shape, declared, sampled

SHAPE = (40, 48, 3)
OPTIONS = MobileOptions()
HYPERMODEL = MobileHyperModel(input_shape=SHAPE, num_classes=4, options=OPTIONS)


def last_map(shape: Shape, seed: int, **fixed: object) -> Shape:
    hypermodel = MobileHyperModel(input_shape=shape, num_classes=2, options=OPTIONS)
    body = build_body(choose_network(sampled(hypermodel, seed, **fixed), OPTIONS), shape)
    size = output_of(body.stem, shape)
    for block in body.blocks:
        size = output_of(block.branch, size)
    return output_of(body.head, size)


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        ((4, 4, 1), (4, 4)),
        ((1, 90, 3), (1, 45)),
        ((32, 32, 3), (4, 4)),
        ((96, 96, 3), (6, 6)),
        ((224, 224, 3), (7, 7)),
        ((256, 320, 3), (8, 10)),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_total_stride_is_32_and_a_few_pixels_stay(
    shape: Shape, sides: tuple[int, int], seed: int
) -> None:
    assert last_map(shape, seed, stages=4, image_scale=1.0)[:2] == sides


@pytest.mark.parametrize("seed", range(3))
def test_a_strided_block_has_a_convolution_with_a_stride(seed: int) -> None:
    network = choose_network(sampled(HYPERMODEL, seed), OPTIONS)
    blocks = iter(build_body(network, (224, 224, 3)).blocks)
    for stage in network.stages:
        assert stage.kinds[0] != "feed_forward"
        for position, _ in enumerate(stage.kinds):
            side = output_of(next(blocks).branch, (64, 64, 8))[0]
            assert side == (32 if position == 0 else 64)


@pytest.mark.parametrize(
    ("shape", "scale", "sides"),
    [
        ((96, 128, 3), 1.0, (96, 128)),
        ((96, 128, 3), 0.75, (72, 96)),
        ((224, 100, 3), 0.5, (112, 50)),
        ((40, 20, 1), 0.5, (32, 20)),
        ((1, 90, 3), 0.5, (1, 45)),
    ],
)
def test_images_are_scaled_down_to_32_pixels_at_least(
    shape: Shape, scale: float, sides: tuple[int, int]
) -> None:
    assert scaled_sides(shape, scale) == sides


def built(**values: Any) -> keras.Model:
    small = {"stages": 2, "width": 0.5, "stage_2/blocks": 2, "stage_2/other_blocks": "convnext"}
    hp = declared(HYPERMODEL)
    hp.values.update(small | values)
    hp.ensure_active_values()
    return HYPERMODEL.build(hp)


def images() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(8, *SHAPE)).astype(np.float32)


def test_a_saved_model_takes_images_of_the_size_of_the_data(tmp_path: Path) -> None:
    model = built(image_scale=0.75, activation="hard_swish", label_smoothing=0.0)
    model.train_on_batch(images(), np.arange(8) % 4)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.input_shape == (None, *SHAPE)
    assert loaded.get_layer("resize").output.shape == (None, 32, 36, 3)
    expected = np.asarray(model(images(), training=False))
    np.testing.assert_allclose(loaded(images(), training=False), expected, atol=1e-6)


def test_only_branches_with_a_shortcut_are_dropped_and_start_at_zero() -> None:
    names = {layer.name: layer for layer in built(drop_path=0.2).layers}
    dropped = [name for name in names if name.endswith("drop_path")]
    assert dropped == ["stage_2_block_2_drop_path"]
    for block, start in (("stage_1_block_1", 1), ("stage_2_block_1", 1), ("stage_2_block_2", 0)):
        scales = np.asarray(names[f"{block}_project_norm"].gamma)
        np.testing.assert_array_equal(scales, start)


def test_a_network_has_no_value_that_it_does_not_use() -> None:
    hp = declared(HYPERMODEL)
    hp.values.update({"stages": 2, "stage_1/blocks": 1, "optimizer": "sgd"})
    hp.ensure_active_values()
    recipe = {"dropout", "augmentation", "optimizer", "label_smoothing"}
    assert {name for name in hp.values if name not in recipe and "sgd_" not in name} == {
        "image_scale",
        "width",
        "stages",
        "stage_1/first_block",
        "stage_1/blocks",
        "stage_1/kernel",
        "stage_1/expansion",
        "stage_2/first_block",
        "stage_2/blocks",
        "stage_2/other_blocks",
        "stage_2/kernel",
        "stage_2/expansion",
        "activation",
        "drop_path",
    }


def test_the_default_has_fused_stages_first_and_then_universal_bottlenecks() -> None:
    network = choose_network(declared(HYPERMODEL), OPTIONS)
    assert network.stages == (
        Stage(("fused",), 24, 3, 2),
        Stage(("fused",) * 2, 48, 3, 2),
        Stage(("extra_depthwise", *("inverted",) * 3), 96, 5, 4),
        Stage(("extra_depthwise", *("inverted",) * 2), 160, 5, 4),
    )
    assert (network.image_scale, network.stem, network.activation) == (1.0, 16, "relu")


def test_options_bound_the_space() -> None:
    options = MobileOptions(max_stages=3, max_blocks=1, max_width=0.8)
    hypermodel = MobileHyperModel(input_shape=SHAPE, num_classes=2, options=options)
    space = {parameter.name: parameter for parameter in declared(hypermodel).space}
    assert not any(name.startswith("stage_4") or "other_blocks" in name for name in space)
    assert space["width"].values == [0.5, 0.75]
    assert "fused" in space["stage_2/first_block"].values
    assert "fused" not in space["stage_3/first_block"].values
    network = choose_network(sampled(hypermodel, 3, stages=3), options)
    assert [len(stage.kinds) for stage in network.stages] == [1, 1, 1]
