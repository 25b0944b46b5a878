"""Frozen spaces: the files that identify a search, and their copies in the output."""

from pathlib import Path
from typing import Any

import pytest

from kubenas.config import Config
from kubenas.config.loading import parse_config
from kubenas.errors import UserError
from kubenas.search.definition import search_id
from kubenas.spaces.registry import load_hypermodel
from kubenas.steps.setup.frozen_space import freeze_space
from kubenas.storage import open_storage
from tests.contracts.storage.servers import BUCKET, fake_gcs_server

MINE = "import keras_tuner, blocks\nclass Mine(keras_tuner.HyperModel): got = blocks.WIDTH\n"


def config_of(folder: str, output: str, **space: Any) -> Config:
    content = {
        "name": "mine",
        "output": output,
        "data": {"source": "digits"},
        "space": {"hypermodel": f"{folder}/mine.py:Mine", **space},
    }
    return parse_config(content, origin="test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine.py").write_text(MINE)
    (folder / "blocks.py").write_text("WIDTH = 7\n")
    (folder / "README.md").write_text("")
    return folder


def searched(config: Config) -> str:
    return search_id(config, "data", freeze_space(config).space)


def test_search_id_depends_on_imported_modules_only(folder: Path) -> None:
    config = config_of(str(folder), str(folder / "out"))
    before = searched(config)
    (folder / "README.md").write_text("changed")
    (folder / "search.yaml").write_text("changed")
    (folder / "unused.py").write_text("")
    assert searched(config) == before
    (folder / "blocks.py").write_text("WIDTH = 8\n")
    changed = searched(config)
    assert changed != before
    (folder / "blocks.py").write_text("WIDTH = 7\n")
    assert searched(config) == before


def test_renamed_file_changes_the_digest(folder: Path) -> None:
    (folder / "a.txt").write_text("")
    before = freeze_space(config_of(str(folder), "/out", files=["*.txt"])).folder
    (folder / "a.txt").rename(folder / "b.txt")
    assert freeze_space(config_of(str(folder), "/out", files=["*.txt"])).folder != before


def test_files_and_requirements_change_the_search_but_not_the_config(folder: Path) -> None:
    (folder / "requirements.txt").write_text("keras>=3\n")
    plain = config_of(str(folder), "/out")
    other = config_of(str(folder), "/out", files=["README.md"], requirements="requirements.txt")
    assert plain.identity() == other.identity()
    assert searched(plain) != searched(other)
    frozen = freeze_space(other)
    assert sorted(frozen.files) == ["README.md", "blocks.py", "mine.py", "requirements.txt"]
    assert frozen.space.requirements == "requirements.txt"


def test_requirements_are_validated_early(folder: Path) -> None:
    config = config_of(str(folder), "/out", requirements="needs.txt")
    with pytest.raises(
        UserError, match=r"space.requirements: needs.txt: not found in the folder of mine"
    ):
        freeze_space(config)
    (folder / "needs.txt").write_text("-r more.txt\n")
    with pytest.raises(
        UserError, match=r"needs.txt, line 1: '-r more.txt' is not a valid requirement"
    ):
        freeze_space(config)


def test_frozen_code_does_not_change_with_the_source(folder: Path, tmp_path: Path) -> None:
    output = open_storage(str(tmp_path / "out"))
    config = config_of(str(folder), output.uri)
    frozen = freeze_space(config)
    frozen.write(output)
    (folder / "blocks.py").write_text("WIDTH = 8\n")
    loaded = load_hypermodel(frozen.space, input_shape=(8, 8, 1), num_classes=2)
    assert loaded.got == 7
    freeze_space(config).write(output)
    assert len({info.name.split("/")[1] for info in output.list("code/")}) == 2


def test_freezing_a_frozen_space_is_idempotent(folder: Path, tmp_path: Path) -> None:
    output = open_storage(str(tmp_path / "out"))
    frozen = freeze_space(config_of(str(folder), output.uri))
    frozen.write(output)
    placed = [tmp_path / "out" / info.name for info in output.list()]
    assert [path.name for path in placed] == ["blocks.py", "mine.py"]
    before = [path.stat() for path in placed]
    again = freeze_space(config_of(f"{output.uri}/{frozen.folder}", output.uri))
    again.write(output)
    assert again == frozen
    assert [path.stat() for path in placed] == before


def test_freezes_a_folder_in_a_bucket(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBENAS_CACHE", str(tmp_path / "cache"))
    with fake_gcs_server() as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        bucket = open_storage(f"gs://{BUCKET}/team")
        bucket.upload_tree(folder, "")
        config = config_of(bucket.uri, f"{bucket.uri}/out")
        frozen = freeze_space(config)
        assert frozen.folder == freeze_space(config_of(str(folder), "/out")).folder
        frozen.write(open_storage(config.output))
        assert freeze_space(config) == frozen
        loaded = load_hypermodel(frozen.space, input_shape=(8, 8, 1), num_classes=10)
        assert loaded.got == 7


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.txt", "gs://b/x.txt", "a/../../x"])
@pytest.mark.parametrize("key", ["files", "requirements"])
def test_files_must_be_in_the_hypermodel_folder(key: str, path: str) -> None:
    with pytest.raises(UserError, match="must lie in the hypermodel's folder"):
        config_of("/folder", "/out", **{key: [path] if key == "files" else path})


def test_files_need_a_hypermodel() -> None:
    content = {"name": "a", "output": "/o", "data": {"source": "digits"}, "space": {"files": ["a"]}}
    with pytest.raises(UserError, match="files requires a 'hypermodel'"):
        parse_config(content, origin="test")
