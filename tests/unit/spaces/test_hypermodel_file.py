"""A user's HyperModel, loaded from its file: what it is given, and how its mistakes read."""

from pathlib import Path

import keras_tuner
import pytest

from kubenas.config import SpaceConfig
from kubenas.errors import UserError
from kubenas.spaces.registry import load_hypermodel
from kubenas.steps.space import freeze_space, space_of
from kubenas.storage import open_storage
from kubenas.trial import SpaceRef
from tests.contracts.storage.servers import BUCKET, fake_gcs_server

HEADER = "import keras_tuner\nclass Mine(keras_tuner.HyperModel):\n"


def load(folder: Path, text: str, **ref: str) -> keras_tuner.HyperModel:
    file = folder / "mine.py"
    file.write_text(text)
    space = SpaceRef(hypermodel=f"{file}:Mine", **ref)
    return load_hypermodel(space, input_shape=(8, 8, 1), num_classes=10)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        load(folder, text)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder / "mine.py") in message
    return message


def test_the_constructor_gets_what_it_names(tmp_path: Path) -> None:
    text = HEADER + "  def __init__(self, num_classes):\n    self.got = num_classes\n"
    assert load(tmp_path, text).got == 10
    text = (
        HEADER + "  def __init__(self, *, input_shape, num_classes, width=3):\n"
        "    super().__init__()\n    self.got = (input_shape, num_classes, width)\n"
    )
    assert load(tmp_path, text).got == ((8, 8, 1), 10, 3)


def test_a_class_without_a_constructor_is_made_without_arguments(tmp_path: Path) -> None:
    assert load(tmp_path, HEADER + "  def build(self, hp): ...\n").name is None


def test_a_file_in_a_bucket_comes_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path))
    with fake_gcs_server() as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        folder = open_storage(f"gs://{BUCKET}/team/code/0123")
        folder.write("mine.py", (HEADER + "  got = 7\n").encode())
        space = space_of(SpaceConfig(hypermodel=f"{folder.uri}/mine.py:Mine"))
        assert space.import_path is None
        frozen = freeze_space(space, open_storage(f"gs://{BUCKET}/out"))
        assert load_hypermodel(frozen, input_shape=(8, 8, 1), num_classes=10).got == 7


def test_a_changed_file_is_loaded_anew(tmp_path: Path) -> None:
    assert load(tmp_path, HEADER + "  answer = 1\n").answer == 1
    assert load(tmp_path, HEADER + "  answer = 22\n").answer == 22


def test_siblings_are_importable_from_the_import_path(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / "kubenas_test_sibling.py").write_text("answer = 7\n")
    text = "from kubenas_test_sibling import answer as got\n" + HEADER + "  answer = got\n"
    assert load(tmp_path, text, import_path=str(folder)).answer == 7


def test_an_import_error_names_the_line(tmp_path: Path) -> None:
    message = refused(tmp_path, "import os\nimport not_there_at_all\n" + HEADER + "  pass\n")
    assert "mine.py, line 2: importing it raised ModuleNotFoundError" in message


def test_a_failing_constructor_names_the_line(tmp_path: Path) -> None:
    text = HEADER + "  def __init__(self):\n    raise KeyError('depth')\n"
    assert "mine.py, line 4: Mine() raised KeyError: 'depth'" in refused(tmp_path, text)


def test_a_class_of_another_kind_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, "class Mine: ...\n")
    assert "is not a subclass of keras_tuner.HyperModel" in message
