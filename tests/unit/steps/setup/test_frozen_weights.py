"""Frozen pretrained weights: part of the search, and the same for all its trials."""

from pathlib import Path

import numpy as np
import pytest

from kubenas.cli.kubeflow.portable import as_shipped, ship
from kubenas.config import Config, parse_config
from kubenas.errors import UserError
from kubenas.search.definition import search_id
from kubenas.spaces.registry import load_hypermodel
from kubenas.steps.prepare import prepare
from kubenas.steps.setup.frozen_space import freeze_space
from kubenas.storage import open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server
from tests.unit.spaces.points import declared
from tests.unit.spaces.transfer.backbones import write_backbone


def config_of(weights: str, output: str, source: str = "digits") -> Config:
    space = {"name": "transfer", "weights": weights, "options": {"min_input_size": 32}}
    content = {"name": "mine", "output": output, "data": {"source": source}, "space": space}
    return parse_config(content, origin="test")


def searched(config: Config) -> str:
    return search_id(config, "data", freeze_space(config).space)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(write_backbone(tmp_path / "net.keras"))


def test_the_search_depends_on_the_content_of_the_weights(file: Path, tmp_path: Path) -> None:
    config = config_of(str(file), str(tmp_path / "out"))
    before = searched(config)
    frozen = freeze_space(config)
    frozen.write(open_storage(config.output))
    assert frozen.space.weights == f"{config.output}/{frozen.folder}/net.keras"
    assert searched(config_of(frozen.space.weights, config.output)) == before
    write_backbone(file, seed=2)
    assert searched(config) != before
    space = load_hypermodel(frozen.space, input_shape=(8, 8, 1), num_classes=2)
    built = space.build(declared(space)).get_layer("backbone_last").get_weights()[0]
    other = load_hypermodel(
        freeze_space(config).space.model_copy(update={"weights": str(file)}),
        input_shape=(8, 8, 1),
        num_classes=2,
    )
    assert not np.array_equal(
        other.build(declared(other)).get_layer("backbone_last").get_weights()[0], built
    )


def test_local_weights_are_shipped_to_the_place_where_the_first_step_freezes_them(
    file: Path, tmp_path: Path
) -> None:
    config = config_of(str(file), str(tmp_path / "out"))
    ship(config)
    shipped = as_shipped(config)
    assert shipped.space.weights is not None
    assert Path(shipped.space.weights).read_bytes() == file.read_bytes()
    assert freeze_space(shipped) == freeze_space(config)
    assert shipped.identity() == config.identity()


def test_weights_in_a_bucket_are_read_through_the_cache(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path / "cache"))
    with fake_gcs_server() as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        bucket = open_storage(f"gs://{BUCKET}/team")
        bucket.write("net.keras", file.read_bytes())
        config = config_of(f"{bucket.uri}/net.keras", f"{bucket.uri}/out")
        frozen = freeze_space(config)
        assert frozen.folder == freeze_space(config_of(str(file), "/out")).folder
        frozen.write(open_storage(config.output))
        space = load_hypermodel(frozen.space, input_shape=(8, 8, 1), num_classes=2)
        assert space.build(declared(space)).count_params() > 0
        cached = list((tmp_path / "cache").rglob("net.keras"))
        assert len(cached) == 2  # the user's file and the frozen copy
        assert not any(path.stat().st_mode & 0o222 for path in cached)


def test_what_is_no_backbone_ends_the_run_early_with_one_line(
    file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    images = np.random.default_rng(1).integers(0, 256, (40, 8, 8, 4), np.uint8)
    np.savez(tmp_path / "four.npz", x=images, y=np.arange(40) % 2)
    output = tmp_path / "out"
    with pytest.raises(SystemExit) as caught:
        prepare(config_of(str(file), str(output), str(tmp_path / "four.npz")))
    assert caught.value.code == 2
    assert "space.weights: the backbone takes images with 3 channels" in capfd.readouterr().err
    assert not list(output.glob("searches"))
    file.write_bytes(b"something else")
    with pytest.raises(UserError, match=r"space.weights: .*net.keras: not a model that Keras 3"):
        freeze_space(config_of(str(file), str(output)))
    with pytest.raises(UserError, match=r"net.h5 is not a .keras file; .*'kubenas backbone'"):
        freeze_space(config_of(str(tmp_path / "net.h5"), str(output)))
