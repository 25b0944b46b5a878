"""Selection of a user's files, on a disk. See test_user_folder.py for buckets."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.spaces.user_code import selection
from kubenas.spaces.user_code.selection import select_files
from kubenas.spaces.user_code.user_folder import open_user_folder


def lay_out(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def selected(
    folder: Path, files: dict[str, str], *, globs: Sequence[str] = (), output: str = "gs://b/out"
) -> list[str]:
    lay_out(folder, files)
    opened = open_user_folder(str(folder), output=output)
    return list(select_files(opened, ["mine.py"], globs=globs))


def refused(folder: Path, files: dict[str, str], *, globs: Sequence[str] = ()) -> str:
    with pytest.raises(UserError) as caught:
        selected(folder, files, globs=globs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_without_references_are_left_out(tmp_path: Path) -> None:
    files = {"mine.py": "", "other.py": "", "README.md": "", "search.yaml": "", "data/x.npz": ""}
    assert selected(tmp_path, files) == ["mine.py"]


def test_imported_modules_are_included_recursively(tmp_path: Path) -> None:
    files = {
        "mine.py": "import os, blocks\n",
        "blocks.py": "def later():\n  from layers.dense import Dense\n",
        "layers/__init__.py": "",
        "layers/dense.py": "from . import base\n",
        "layers/base.py": "import deep\n",
        "layers/deeper/far.py": "",
        "deep.py": "import mine\n",
        "unused.py": "",
    }
    assert selected(tmp_path, files) == sorted(files.keys() - {"unused.py"})


def test_a_folder_without_an_init_is_a_package_unless_one_is_installed(tmp_path: Path) -> None:
    files = {
        "mine.py": "import blocks.dense, keras, json\n",
        "blocks/dense.py": "",
        "keras/notes.py": "",
        "json/notes.py": "",
    }
    assert selected(tmp_path, files) == ["blocks/dense.py", "mine.py"]


def test_files_with_their_paths_as_literals_are_included(tmp_path: Path) -> None:
    files = {
        "mine.py": (
            "HERE = Path(__file__)\nHERE.with_name('vocab.txt')\n"
            "open(HERE.parent / 'data' / 'a.csv')\nopen('data/deep/b.csv')\nimport blocks.text\n"
        ),
        "vocab.txt": "",
        "data/a.csv": "",
        "data/deep/b.csv": "",
        "data/other.csv": "",
        "elsewhere/vocab.txt": "",
        "blocks/__init__.py": "",
        "blocks/text.py": "Path(__file__).with_name('words.txt')\n",
        "blocks/words.txt": "",
        "words.txt": "",
    }
    left = {"data/other.csv", "elsewhere/vocab.txt"}
    assert selected(tmp_path, files) == sorted(files.keys() - left)


@pytest.mark.parametrize(
    ("glob", "matched"),
    [
        ("data/*.csv", ["data/a.csv"]),
        ("**/*.csv", ["data/a.csv", "data/deep/b.csv", "top.csv"]),
        ("*.csv", ["top.csv"]),
        ("data", ["data/a.csv", "data/deep/b.csv"]),
    ],
)
def test_globs_are_relative_to_the_folder(tmp_path: Path, glob: str, matched: list[str]) -> None:
    files = {"mine.py": "", "top.csv": "", "data/a.csv": "", "data/deep/b.csv": "", ".x.csv": ""}
    assert selected(tmp_path, files, globs=[glob]) == sorted([*matched, "mine.py"])


def test_a_glob_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, {"mine.py": "", ".env": ""}, globs=["*.csv"])
    assert message.startswith("space.files: '*.csv' matches no file")
    assert "hidden" in refused(tmp_path, {}, globs=[".env"])


def test_hidden_files_environments_caches_and_the_output_are_excluded(tmp_path: Path) -> None:
    files = {
        "mine.py": "'.env', 'a.txt', '.secret', 'venv', 'out', '__pycache__', 'data'\n",
        ".env": "",
        ".secret/a.txt": "",
        "__pycache__/a.txt": "",
        "venv/pyvenv.cfg": "",
        "venv/a.txt": "",
        "out/a.txt": "",
        "data/a.txt": "",
    }
    output = str(tmp_path / "out")
    assert selected(tmp_path, files, output=output) == ["data/a.txt", "mine.py"]
    globs = ["**"]
    assert selected(tmp_path, files, output=output, globs=globs) == ["data/a.txt", "mine.py"]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "mine", tmp_path / "elsewhere.txt"
    elsewhere.write_text("secret")
    lay_out(folder, {"far.txt": ""})
    (folder / "key.txt").symlink_to(elsewhere)
    (folder / "near.txt").symlink_to("far.txt")
    (folder / "up").symlink_to("..")
    lay_out(folder, {"mine.py": "'key.txt', 'near.txt', 'up', 'far.txt', 'broken.txt'\n"})
    (folder / "broken.txt").symlink_to("gone.txt")
    lay_out(folder, {".env": "secret"})
    (folder / "key.txt").unlink()
    (folder / "key.txt").symlink_to(".env")
    assert selected(folder, {}) == ["far.txt", "mine.py", "near.txt"]
    assert "key.txt, which is hidden or a link that leads out" in refused(
        folder, {}, globs=["key.txt"]
    )
    (folder / "blocks.py").symlink_to(elsewhere)
    message = refused(folder, {"mine.py": "import os\nimport blocks\n"})
    assert "mine.py, line 2: imports blocks.py, which is hidden or a link that leads out" in message


def test_ignored_files_are_included_only_by_globs(tmp_path: Path) -> None:
    files = {
        "mine.py": "'big.bin', 'kept.bin'\n",
        "big.bin": "",
        "kept.bin": "",
        ".gitignore": "*.bin\n!kept.bin\nblocks.py\n",
    }
    assert selected(tmp_path, files) == ["kept.bin", "mine.py"]
    assert selected(tmp_path, {}, globs=["big.bin"]) == ["big.bin", "kept.bin", "mine.py"]
    message = refused(tmp_path, {"mine.py": "\nimport blocks", "blocks.py": ""})
    assert "mine.py, line 2: imports blocks.py, which is ignored by .gitignore" in message
    assert selected(tmp_path, {}, globs=["blocks.py"]) == ["blocks.py", "mine.py"]


@pytest.mark.parametrize("name", ["random.py", "keras.py", "numpy/__init__.py", "kubenas.py"])
def test_a_module_with_the_name_of_another_is_refused(tmp_path: Path, name: str) -> None:
    module = name.removesuffix("/__init__.py").removesuffix(".py")
    message = refused(tmp_path, {"mine.py": f"import {module}\n", name: ""})
    assert f"{name} would be imported instead of" in message
    assert "give it another name" in message


def test_a_name_of_the_library_may_be_used_within_a_package(tmp_path: Path) -> None:
    files = {"mine.py": "import blocks.random", "blocks/__init__.py": "", "blocks/random.py": ""}
    assert selected(tmp_path, files) == sorted(files)


def test_mistakes_name_the_users_file_and_the_line(tmp_path: Path) -> None:
    message = refused(tmp_path, {"mine.py": "import blocks\n", "blocks.py": "x = 1\ndef (:\n"})
    assert "space.hypermodel: blocks.py, line 2: not valid Python" in message
    message = refused(tmp_path, {"blocks.py": "\nfrom .mine import x\n"})
    assert "blocks.py, line 2: a relative import" in message


def test_too_many_or_too_large_files_are_refused_and_the_largest_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, {"mine.py": "'big.bin', 'small.bin'\n", "small.bin": ""})
    with (tmp_path / "big.bin").open("wb") as big:
        os.truncate(big.fileno(), selection.MOST_BYTES)
    message = refused(tmp_path, {})
    assert "the largest are big.bin (10.0 MiB), mine.py" in message
    assert "space.files" in message
    (tmp_path / "big.bin").write_text("")
    monkeypatch.setattr(selection, "MOST_FILES", 3)
    assert len(selected(tmp_path, {})) == 3
    monkeypatch.setattr(selection, "MOST_FILES", 2)
    assert "3 files" in refused(tmp_path, {})


def test_selection_is_idempotent(tmp_path: Path) -> None:
    files = {
        "mine.py": "import blocks\n'data'\n",
        "blocks/__init__.py": "'x.txt'\n",
        "blocks/x.txt": "",
        "data/x.txt": "",
        "data/y.csv": "",
        "z/data/x.txt": "",
    }
    lay_out(tmp_path / "first", files)
    opened = open_user_folder(str(tmp_path / "first"), output="gs://b/out")
    once = select_files(opened, ["mine.py"], globs=["**/y.csv"])
    lay_out(tmp_path / "second", {name: content.decode() for name, content in once.items()})
    opened = open_user_folder(str(tmp_path / "second"), output=str(tmp_path))
    assert select_files(opened, ["mine.py"], globs=["**/y.csv"]) == once
    assert set(once) == files.keys() - {"z/data/x.txt"}
