"""EfficientNet-Lite0 with the weights of the package: the file that ``kubenas backbone`` writes."""

from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_sample_images

from kubenas.cli.main import kubenas
from kubenas.errors import UserError
from kubenas.spaces.transfer import efficientnet_lite
from kubenas.spaces.transfer.backbone import read_backbone
from kubenas.spaces.transfer.efficientnet_lite import (
    PACKAGE,
    build_efficientnet_lite0,
    write_efficientnet_lite0,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backbone") / "lite0.keras"
    done = CliRunner().invoke(kubenas, ["backbone", str(path)])
    assert done.exit_code == 0, done.output
    assert f"space: {{name: transfer, weights: {path}}}" in done.output
    return path


def test_it_has_five_stages_and_the_published_size(file: Path) -> None:
    backbone = read_backbone(file)
    assert backbone.depth == 5
    assert backbone.output(224) == (7, 7, 1280)
    weights, work = backbone.cost(224)
    assert weights == 4_652_008 + 42_016 - 1_281_000  # without its classifier of 1,000 classes
    assert work == pytest.approx(2 * 407e6, rel=0.05)
    assert backbone.accepts(32)


def test_statistics_of_the_weights_are_those_of_photographs(file: Path) -> None:
    """With the right pixels, padding and epsilon, normalised maps are near their statistics."""
    model = keras.models.load_model(file)
    photographs = [image[:427, 107:534] for image in load_sample_images().images]
    images = keras.layers.Resizing(224, 224)(np.stack(photographs).astype(np.float32))
    before = [keras.Model(model.input, model.get_layer(name).output) for name in ("stem", "head")]
    for name, part in zip(("stem", "head"), before, strict=True):
        norm = model.get_layer(f"{name}_norm")
        values = np.asarray(part(images, training=False))
        centred = (values - norm.moving_mean) / np.sqrt(norm.moving_variance + norm.epsilon)
        assert abs(np.median(centred.mean(axis=(0, 1, 2)))) < 0.5
        assert 0.5 < np.median(centred.std(axis=(0, 1, 2))) < 2


def test_the_command_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(kubenas, ["backbone", "net.h5"])
    assert done.exit_code == 2
    assert "the name must end with .keras" in done.output
    monkeypatch.setattr(efficientnet_lite, "PACKAGE", "not-installed")
    done = CliRunner().invoke(kubenas, ["backbone", str(tmp_path / "a.keras")])
    assert done.exit_code == 2
    assert "not-installed is not installed" in done.output


def test_the_network_and_its_checkpoint_are_known(tmp_path: Path) -> None:
    assert build_efficientnet_lite0().count_params() == 3_413_024
    other = tmp_path / "other.pth"
    other.write_bytes(b"another network")
    with pytest.raises(UserError, match=f"not the checkpoint of {PACKAGE}"):
        write_efficientnet_lite0(tmp_path / "a.keras", other)
