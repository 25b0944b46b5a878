"""Networks of ``transfer``: pretrained weights, frozen stages, and the images that they see."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kubenas.errors import UserError
from kubenas.spaces.options import TransferOptions
from kubenas.spaces.transfer.hypermodel import TransferHyperModel
from kubenas.spaces.transfer.pixels import PixelMoments
from kubenas.training.process.keras_settings import dtype_policy_within
from tests.unit.spaces.points import declared
from tests.unit.spaces.transfer.backbones import SIDE, write_backbone

OPTIONS = {"min_input_size": 32, "max_input_size": 48}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_backbone(tmp_path_factory.mktemp("backbone") / "net.keras")


def space(file: str, channels: int = 3, **options: Any) -> TransferHyperModel:
    return TransferHyperModel(
        input_shape=(SIDE, SIDE, channels),
        num_classes=2,
        options=TransferOptions(**{**OPTIONS, **options}),
        weights=file,
        pixel_moments=PixelMoments((100.0,) * channels, (50.0,) * channels),
    )


def network(hypermodel: TransferHyperModel, **values: Any) -> keras.Model:
    hp = declared(hypermodel)
    hp.values.update({"augmentation": "none", **values})
    return hypermodel.build(hp)


@pytest.mark.parametrize(("pixels", "scale"), [("0..255", 1.0), ("0..1", 255.0)])
def test_the_backbone_sees_resized_pixels_and_computes_as_the_saved_one(
    file: str, pixels: str, scale: float
) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (2, SIDE, SIDE, 3)).astype(np.float32)
    model = network(space(file, pixels=pixels), input_size=48)
    saved = keras.models.load_model(file)
    fully = keras.Model(model.input, model.get_layer("resize").output)
    resized = keras.layers.Resizing(48, 48)(images)
    np.testing.assert_allclose(fully((images - 100) / 50) * scale, resized, rtol=1e-4, atol=0.01)
    features = keras.Model(model.input, model.get_layer("backbone_last").output)
    small = network(space(file, min_input_size=32), input_size=32)
    assert small.get_layer("resize").output.shape[1:3] == (32, 32)
    for layer in ("stem", "separable_norm", "excite", "last"):
        for mine, theirs in zip(
            features.get_layer(f"backbone_{layer}").get_weights(),
            saved.get_layer(layer).get_weights(),
            strict=True,
        ):
            np.testing.assert_array_equal(mine, theirs)


def test_a_mixed_policy_computes_the_backbone_in_16_bits_and_pixels_in_float32(file: str) -> None:
    with dtype_policy_within("mixed_bfloat16"):
        mixed = network(space(file, channels=1))
    for name in ("pixels", "repeat_channel", "resize", "average", "probabilities"):
        assert mixed.get_layer(name).compute_dtype == "float32"
    assert mixed.get_layer("backbone_stem").compute_dtype == "bfloat16"
    assert {variable.dtype for variable in mixed.trainable_variables} == {"float32"}


def test_a_single_channel_is_repeated(file: str) -> None:
    model = network(space(file, channels=1))
    assert model.get_layer("repeat_channel").output.shape[-1] == 3
    with pytest.raises(UserError, match="takes images with 3 channels, and the data have 4"):
        space(file, channels=4)


def test_training_changes_the_stages_that_are_not_frozen(file: str) -> None:
    images = np.random.default_rng(1).normal(size=(8, SIDE, SIDE, 3)).astype(np.float32)
    labels = np.arange(8) % 2
    for frozen in range(4):
        model = network(space(file), frozen_stages=frozen, label_smoothing=0.0)
        before = {layer.name: layer.get_weights() for layer in model.layers}
        model.fit(images, labels, epochs=2, verbose=0)
        changed = {
            layer.name
            for layer in model.layers
            for old, new in zip(before[layer.name], layer.get_weights(), strict=True)
            if not np.array_equal(old, new)
        }
        stages = {"backbone_stem": 1, "backbone_separable": 2, "backbone_last": 3}
        expected = {name for name, stage in stages.items() if stage > frozen}
        assert changed & set(stages) == expected
        assert not any(name.endswith("_norm") for name in changed)
        assert "probabilities" in changed


def test_a_build_starts_from_the_saved_weights_again(file: str) -> None:
    images, labels = np.ones((2, SIDE, SIDE, 3), np.float32), np.zeros(2)
    first = network(space(file), frozen_stages=0, label_smoothing=0.0)
    start = first.get_layer("backbone_last").get_weights()[0]
    first.fit(images, labels, verbose=0)
    second = network(space(file), frozen_stages=0)
    np.testing.assert_array_equal(second.get_layer("backbone_last").get_weights()[0], start)


def test_the_head_has_the_searched_pooling_and_units(file: str) -> None:
    model = network(space(file, max_units=64), pooling="max", units=64, dropout=0.5)
    names = [layer.name for layer in model.layers]
    assert names[-4:] == ["max", "dense", "dropout", "probabilities"]
    defaults = declared(space(file, max_units=0)).values
    assert (defaults["units"], defaults["dropout"]) == (0, 0.5)


def test_sizes_without_a_choice_are_refused(file: str) -> None:
    with pytest.raises(UserError, match=r"space.options.max_input_size: no size from 33 to 40"):
        space(file, min_input_size=33, max_input_size=40)
    with pytest.raises(ValueError, match="must be at least min_input_size"):
        TransferOptions(min_input_size=96, max_input_size=64)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = Path(write_backbone(tmp_path / "net.keras"))
    content = path.read_bytes()
    marker = content.index(b"\x89HDF")
    path.write_bytes(content[:marker] + b"damaged!" + content[marker + 8 :])
    with pytest.raises(UserError, match=r"space.weights: .*net.keras: Keras cannot load it"):
        network(space(str(path)))


def test_a_normalization_layer_computes_with_its_saved_statistics(tmp_path: Path) -> None:
    file, images = tmp_path / "net.keras", _images(seed=1)
    image = keras.Input((48, 48, 3), name="image")
    normalization = keras.layers.Normalization(name="normalization")
    normalization.adapt(images)
    values = keras.layers.Conv2D(4, 3, 2, name="last")(normalization(image))
    pooled = keras.layers.GlobalAveragePooling2D()(values)
    saved = keras.Model(image, keras.layers.Dense(2, "softmax")(pooled))
    saved.save(file)
    model = network(space(str(file)), input_size=48)
    features = keras.Model(model.input, model.get_layer("backbone_last").output)
    resized = keras.layers.Resizing(48, 48)(images)
    expected = keras.Model(saved.input, saved.get_layer("last").output)(resized)
    np.testing.assert_allclose(features((images - 100) / 50), expected, atol=1e-3)


def _images(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (8, SIDE, SIDE, 3)).astype(np.float32)
