"""``evaluation.backbone``: frozen as the weights of a space, and not part of the search."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.cli.kubeflow.portable import as_shipped, check_portable, ship
from kubenas.config import Config, parse_config
from kubenas.errors import UserError
from kubenas.steps.prepare import prepare
from kubenas.steps.setup import freeze_backbone, freeze_space
from tests.unit.spaces.transfer.backbones import write_backbone

OPTIONS = {"min_input_size": 32}


def config_of(file: Path, source: str = "digits", **options: Any) -> Config:
    evaluation = {"backbone": str(file), "backbone_options": {**OPTIONS, **options}}
    output = str(file.parent / "out")
    content = {"name": "n", "output": output, "data": {"source": source}, "evaluation": evaluation}
    return parse_config(content, origin="test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(write_backbone(tmp_path / "net.keras"))


def test_steps_get_a_copy_and_the_same_search(file: Path) -> None:
    config = config_of(file)
    context = prepare(config)
    assert context.backbone
    assert context.backbone.weights
    copy = Path(context.backbone.weights)
    assert copy.read_bytes() == file.read_bytes()
    assert copy.parent.parent == Path(config.output, "weights")
    assert context.backbone.options == OPTIONS
    assert context.space == freeze_space(config).space
    other = prepare(config.model_copy(update={"evaluation": type(config.evaluation)()}))
    assert other.backbone is None
    assert other.search_id == context.search_id


def test_it_is_frozen_as_the_weights_of_a_space_are(file: Path) -> None:
    config = config_of(file)
    space = {"name": "transfer", "weights": str(file), "options": OPTIONS}
    searched = parse_config(
        {**config.model_dump(exclude={"space", "evaluation"}), "space": space}, origin="test"
    )
    assert freeze_backbone(config) == freeze_space(searched)


def test_a_local_file_is_shipped_to_the_place_where_the_first_step_freezes_it(file: Path) -> None:
    config = config_of(file)
    ship(config)
    shipped = as_shipped(config)
    assert shipped.evaluation.backbone is not None
    assert Path(shipped.evaluation.backbone).read_bytes() == file.read_bytes()
    assert freeze_backbone(shipped) == freeze_backbone(config)
    assert shipped.space == config.space
    file.write_bytes(b"something else")
    with pytest.raises(UserError, match=r"^evaluation.backbone: .*not a model that Keras 3 saved"):
        check_portable(config, Path("search.yaml"))


def test_errors_name_the_key(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    np.savez(
        file.with_name("four.npz"),
        x=np.random.default_rng(1).integers(0, 256, (40, 8, 8, 4), np.uint8),
        y=np.arange(40) % 2,
    )
    with pytest.raises(SystemExit) as caught:
        prepare(config_of(file, str(file.with_name("four.npz"))))
    assert caught.value.code == 2
    message = capfd.readouterr().err
    assert "evaluation.backbone: the backbone takes images with 3 channels" in message
    with pytest.raises(UserError, match=r"^evaluation.backbone_options.pixels: "):
        freeze_backbone(config_of(file, pixels="0..2"))
    file.unlink()
    with pytest.raises(UserError, match=r"^evaluation.backbone: .*net.keras: there is no such"):
        freeze_backbone(config_of(file))
