"""Backbones in files of Keras: where they are cut, their stages and sizes, and what is refused."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest

from kubenas.errors import UserError
from kubenas.spaces.transfer.backbone import Backbone, read_backbone
from tests.unit.spaces.transfer.backbones import SIDE, classifier, write_backbone


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(write_backbone(tmp_path_factory.mktemp("backbone") / "net.keras"))


def stage_of(backbone: Backbone, name: str) -> int:
    return next(
        stage
        for node, stage in zip(backbone.nodes, backbone.stages, strict=True)
        if node.name == name
    )


def saved(folder: Path, model: keras.Model) -> Path:
    path = folder / "net.keras"
    model.save(path)
    return path


def edited(file: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of ``file`` with another config.json."""
    path = folder / "edited.keras"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            target.writestr(name, data)
    return path


def refused(path: Path, **options: str) -> str:
    with pytest.raises(UserError) as caught:
        read_backbone(path, **options)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_classifier_is_cut_before_its_pooling(file: Path) -> None:
    backbone = read_backbone(file)
    model = classifier()
    assert backbone.nodes[-1].name == "last"
    assert backbone.channels == 3
    assert backbone.output(SIDE) == model.get_layer("last").output.shape[1:]
    without = keras.Model(model.input, model.get_layer("last").output)
    assert backbone.cost(SIDE)[0] == without.count_params()


def test_a_named_layer_is_the_last_one(file: Path) -> None:
    backbone = read_backbone(file, output_layer="residual")
    assert [node.name for node in backbone.nodes][-1] == "residual"
    assert backbone.output(SIDE) == (10, 10, 16)
    assert "it has 0 layers 'none'" in refused(file, output_layer="none")
    assert "which is no feature map" in refused(file, output_layer="average")


def test_a_stage_begins_with_a_strided_layer(file: Path) -> None:
    backbone = read_backbone(file)
    assert backbone.depth == 3
    stages = {"scale": 0, "stem": 1, "separable": 2, "excite": 2, "residual": 2, "last": 3}
    assert {name: stage_of(backbone, name) for name in stages} == stages


def test_models_within_a_model_are_opened(tmp_path: Path) -> None:
    inner = classifier()
    base = keras.Model(inner.input, inner.get_layer("last").output, name="base")
    outer = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Rescaling(255.0, name="scale"),
            base,
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    backbone = read_backbone(saved(tmp_path, outer))
    assert backbone.nodes[-1].path == ("base", "last")
    assert backbone.cost(SIDE)[0] == base.count_params()
    assert backbone.depth == 3


def test_images_may_be_too_small(tmp_path: Path) -> None:
    image = keras.Input((64, 64, 3))
    values = keras.layers.Conv2D(4, 5, 4)(keras.layers.Conv2D(4, 5, 4)(image))
    backbone = read_backbone(saved(tmp_path, keras.Model(image, values)))
    assert [side for side in (20, 21, 64) if backbone.accepts(side)] == [21, 64]


def test_custom_layers_are_refused_without_their_code(file: Path, tmp_path: Path) -> None:
    def replace(config: dict[str, Any]) -> None:
        config["config"]["layers"][1].update(module="os", class_name="system")

    message = refused(edited(file, tmp_path, replace))
    assert "'scale' is a os.system, not a plain one of Keras" in message


@pytest.mark.parametrize("kind", ["Lambda", "TFSMLayer", "TorchModuleWrapper"])
def test_layers_that_run_code_are_refused_even_after_the_feature_map(
    kind: str, file: Path, tmp_path: Path
) -> None:
    def replace(config: dict[str, Any]) -> None:
        config["config"]["layers"][-1]["class_name"] = kind

    assert "'probabilities' is a keras.layers" in refused(edited(file, tmp_path, replace))


@pytest.mark.parametrize("module", ["os", "keras.utils", "keras.src.saving.serialization_lib"])
def test_settings_that_import_other_modules_are_refused(
    module: str, file: Path, tmp_path: Path
) -> None:
    def replace(config: dict[str, Any]) -> None:
        layer = next(each for each in config["config"]["layers"] if each["name"] == "stem")
        layer["config"]["kernel_initializer"].update(module=module, class_name="system")

    assert f"it refers to the module '{module}'" in refused(edited(file, tmp_path, replace))

    def rename(config: dict[str, Any]) -> None:
        config["module"] = module

    assert f"it refers to the module '{module}'" in refused(edited(file, tmp_path, rename))


def test_layers_that_it_does_not_know_are_refused(tmp_path: Path) -> None:
    image = keras.Input((SIDE, SIDE, 3))
    path = saved(tmp_path, keras.Model(image, keras.layers.UpSampling2D(name="up")(image)))
    assert "layer 'up' (UpSampling2D) is not supported" in refused(path)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("stem", {"strides": [0, 0]}),
        ("stem", {"kernel_size": None}),
        ("pad", {"padding": 1}),
        ("reshape", {"target_shape": None}),
    ],
)
def test_settings_that_are_not_valid_are_refused(
    name: str, changes: dict[str, Any], file: Path, tmp_path: Path
) -> None:
    def replace(config: dict[str, Any]) -> None:
        layer = next(each for each in config["config"]["layers"] if each["name"] == name)
        layer["config"].update(changes)

    assert "not valid" in refused(edited(file, tmp_path, replace))


def test_a_gate_without_sides_is_broadcast(tmp_path: Path) -> None:
    image = keras.Input((SIDE, SIDE, 3))
    gate = keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(image))
    values = keras.layers.Multiply(name="gated")([image, gate])
    path = saved(tmp_path, keras.Model(image, values))
    assert read_backbone(path).output(20) == (20, 20, 3)


def test_shared_layers_and_several_inputs_are_refused(tmp_path: Path) -> None:
    image, other = keras.Input((SIDE, SIDE, 3)), keras.Input((SIDE, SIDE, 3))
    twice = keras.layers.Conv2D(3, 3, padding="same", name="twice")
    path = saved(tmp_path, keras.Model(image, twice(twice(image))))
    assert "layer 'twice' is called more than once" in refused(path)
    path = saved(tmp_path, keras.Model([image, other], keras.layers.Add()([image, other])))
    assert "it has 2 inputs" in refused(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x89HDF\r\n"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(content)
    assert "not a model that Keras 3 saved" in refused(path)


@pytest.mark.parametrize("config", [{}, {"class_name": "Functional", "config": {"layers": [1]}}])
def test_a_damaged_configuration_is_refused(
    config: dict[str, Any], file: Path, tmp_path: Path
) -> None:
    def replace(content: dict[str, Any]) -> None:
        content.clear()
        content.update(config)

    assert "is not one of Keras 3" in refused(edited(file, tmp_path, replace))


def test_reading_imports_no_keras(file: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        " from kubenas.spaces.transfer.backbone import read_backbone;"
        f" read_backbone(Path({str(file)!r}));"
        " sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
