"""Names and options of spaces, which are checked without TensorFlow."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from kubenas.config import PRETRAINED_SPACE, SpaceConfig, default_space, defaults
from kubenas.data.dataset.schema import KindName
from kubenas.errors import UserError
from kubenas.spaces import entries
from kubenas.spaces.registry import SPACES, check_space, load_hypermodel, space_graph, space_kind
from kubenas.trial import SpaceRef


def refused(space: SpaceRef | SpaceConfig) -> str:
    with pytest.raises(UserError) as caught:
        check_space(space)
    message = str(caught.value)
    assert "\n" not in message
    return message


def hypermodel(file: Path, name: str) -> SpaceRef:
    return SpaceRef(hypermodel=f"{file}:{name}")


def test_every_space_passes_with_its_defaults_and_explains_its_options() -> None:
    for space in SPACES:
        if space.name != PRETRAINED_SPACE:
            check_space(SpaceRef(name=space.name))
        assert space.summary
        assert all("Default: " in text for text in space.options.values())


def test_a_registered_space_tells_the_kind_of_its_examples() -> None:
    assert {space.name for space in SPACES if space.kind == "text"} == {"text"}
    assert [space_kind(name) for name in ("text", "residual")] == ["text", "image"]
    assert [space_kind(name) for name in (None, "mine")] == [None, None]


def test_spaces_defaults_and_data_sets_have_the_same_kinds() -> None:
    assert get_args(entries.Kind) == get_args(defaults.Kind) == get_args(KindName)


def test_every_kind_has_a_default_space_of_this_kind() -> None:
    for kind in get_args(KindName):
        assert space_kind(default_space(kind, (8, 8, 1))) == kind


def test_a_space_for_texts_needs_a_vocabulary() -> None:
    space = SpaceRef(name="text")
    make = space_graph(space)
    assert make is not None
    for create in (make, partial(load_hypermodel, space)):
        with pytest.raises(UserError, match="'text' is for texts; the data are not texts"):
            create(input_shape=(8, 8, 1), num_classes=2)


def test_a_graph_of_images_ignores_the_vocabulary() -> None:
    make = space_graph(SpaceRef(name="layers"))
    assert make is not None
    assert make(input_shape=(8, 8, 1), num_classes=2, vocabulary_size=None)


def test_the_pretrained_space_needs_weights(tmp_path: Path) -> None:
    assert "space.weights: 'transfer' needs" in refused(SpaceRef(name=PRETRAINED_SPACE))
    missing = SpaceRef(name=PRETRAINED_SPACE, weights=f"{tmp_path}/none.keras")
    assert f"space.weights: {tmp_path}/none.keras: there is no such file" in refused(missing)
    with pytest.raises(ValueError, match="'transfer' needs a model"):
        SpaceConfig(name=PRETRAINED_SPACE)
    with pytest.raises(ValueError, match="only 'name: transfer' uses them"):
        SpaceConfig(name="residual", weights="a.keras")


def test_an_empty_config_means_the_default_space() -> None:
    check_space(SpaceConfig())
    with pytest.raises(ValueError, match="options: set 'name' as well"):
        SpaceConfig(options={"max_stages": 2})


def test_an_unknown_space_is_refused_with_the_nearest() -> None:
    assert "did you mean 'layers'?" in refused(SpaceRef(name="layer"))
    assert "there are: cell, layers" in refused(SpaceRef(name="zzz"))


def test_an_unknown_option_is_refused_with_the_nearest() -> None:
    message = refused(SpaceRef(name="layers", options={"max_layer": 3}))
    assert message.startswith("space.options.max_layer: ")
    assert "did you mean 'max_layers'?" in message


@pytest.mark.parametrize("value", [0, 17, "many", 2.5, None])
def test_a_value_out_of_range_is_refused_with_the_value(value: object) -> None:
    message = refused(SpaceRef(name="layers", options={"max_layers": value}))
    assert message.startswith("space.options.max_layers: ")
    assert message.endswith(f"got {value!r}")


def test_a_hypermodel_file_is_read_and_never_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("raise SystemExit('ran')\nclass Mine: ...\n")
    check_space(hypermodel(file, "Mine"))


def test_a_class_may_be_imported_or_defined_conditionally(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from other import Imported as Mine\n"
        "try:\n  class Tried: ...\nexcept E: ...\n"
        "Alias = Mine\n"
    )
    for name in ("Mine", "Tried", "Alias"):
        check_space(hypermodel(file, name))


def test_a_missing_file_names_the_file(tmp_path: Path) -> None:
    message = refused(hypermodel(tmp_path / "none.py", "Mine"))
    assert f"{tmp_path / 'none.py'}: there is no such file" in message


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import os\nclass Mine(:\n")
    assert "mine.py, line 2: not valid Python" in refused(hypermodel(file, "Mine"))


def test_a_missing_class_is_refused_with_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class MyModel:\n  class Inner: ...\n")
    assert "did you mean 'MyModel'?" in refused(hypermodel(file, "MyModell"))
    assert "no 'Inner'" in refused(hypermodel(file, "Inner"))


def test_options_with_a_hypermodel_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class Mine: ...\n")
    space = SpaceRef(hypermodel=f"{file}:Mine", options={"max_layers": 3})
    assert "max_layers cannot be given to a hypermodel of your own" in refused(space)


def test_checking_imports_neither_tensorflow_nor_keras_tuner() -> None:
    script = (
        "import sys; from kubenas.spaces.registry import check_space;"
        " from kubenas.trial import SpaceRef; check_space(SpaceRef(name='layers'));"
        " sys.exit(bool({'tensorflow', 'keras', 'keras_tuner'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
