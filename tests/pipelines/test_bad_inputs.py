"""Invalid inputs on the real command line: one line, exit code 2, no traceback, no data loss."""

import json
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kubenas.config.loading import load_config
from kubenas.steps.setup.config_lock import lock_config
from kubenas.storage import open_storage

Content = dict[str, object]
X = np.arange(60 * 8 * 8, dtype=np.uint32).reshape(60, 8, 8).astype(np.uint8)
Y = np.arange(60) % 3


def kubenas(*arguments: str | Path, file_limit: int | None = None) -> subprocess.CompletedProcess:
    def limit_files() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    return subprocess.run(
        [Path(sys.executable).with_name("kubenas"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limit_files,
        check=False,
    )


def refusal(folder: Path, config: Content | str, *, file_limit: int | None = None) -> str:
    """Runs the invalid ``config`` and returns the line of the error message."""
    file = folder / "search.yaml"
    file.write_text(config if isinstance(config, str) else json.dumps(config))
    done = kubenas("run", file, file_limit=file_limit)
    said = [line for line in done.stderr.splitlines() if line.startswith("kubenas: ")]
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr.strip().splitlines()[-1:] == said, done.stderr
    assert not (folder / "out/summary.json").exists()
    assert not (folder / "out/config.json").exists()
    return said[0]


def of_source(source: str | Path) -> Content:
    return {"name": "bad", "output": "out", "data": {"source": str(source)}}


def of_npz(folder: Path, **arrays: object) -> Content:
    np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]
    return of_source("data.npz")


def of_pictures(folder: Path, *, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    for label, name in enumerate(classes):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(20):
            pixels = np.random.default_rng(100 * label + number).integers(0, 255, (8, 8))
            picture = Image.fromarray(pixels.astype(np.uint8))
            picture.save(folder / "pictures" / name / f"{number}.png")
    return folder / "pictures"


def of_hypermodel(folder: Path, code: str, cls: str = "Mine") -> Content:
    (folder / "mine.py").write_text(code)
    return of_source("digits") | {"space": {"hypermodel": f"mine.py:{cls}"}}


def with_nan(_: Path) -> Content:
    x = X.astype(np.float32)
    x[7, 0, 0] = np.nan
    return of_npz(_, x=x, y=Y)


def corrupt_picture(folder: Path) -> Content:
    pictures = of_pictures(folder)
    (pictures / "cat/3.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    return of_source(pictures)


def empty_class(folder: Path) -> Content:
    pictures = of_pictures(folder)
    (pictures / "emu").mkdir()
    return of_source(pictures)


def no_classes(folder: Path) -> Content:
    (folder / "pictures").mkdir()
    return of_source("pictures")


def corrupt_zip(folder: Path) -> Content:
    (folder / "p.zip").write_bytes(b"PK\x03\x04 nothing more")
    return of_source("p.zip")


def zip_without_pictures(folder: Path) -> Content:
    with zipfile.ZipFile(folder / "p.zip", "w") as archive:
        archive.writestr("readme.txt", "no pictures")
    return of_source("p.zip")


def cut_off_npz(folder: Path) -> Content:
    np.savez(folder / "whole.npz", x=X, y=Y)
    whole = (folder / "whole.npz").read_bytes()
    (folder / "data.npz").write_bytes(whole[: len(whole) // 2])
    return of_source("data.npz")


def some_text(folder: Path) -> Content:
    (folder / "data.csv").write_text("a,b\n")
    return of_source("data.csv")


def text_as_npz(folder: Path) -> Content:
    (folder / "data.npz").write_text("not an archive")
    return of_source("data.npz")


def output_in_the_way(folder: Path) -> Content:
    (folder / "out").write_text("a file of mine")
    return of_source("digits")


DIGITS = of_source("digits")
CASES: dict[str, tuple[Content | str | Callable[[Path], Content], str]] = {
    "yaml": ("name: [unclosed", "not valid YAML"),
    "unknown key": (DIGITS | {"trainin": {}}, "did you mean 'training'"),
    "wrong type": (DIGITS | {"training": {"epochs": "many"}}, "training.epochs"),
    "negative budget": (DIGITS | {"search": {"max_seconds": -1}}, "search.max_seconds"),
    "unknown oracle": (DIGITS | {"search": {"oracle": "bayesain"}}, "did you mean 'bayesian'"),
    "unknown space": (DIGITS | {"space": {"name": "layer"}}, "did you mean 'layers'"),
    "unknown option": (
        DIGITS | {"space": {"name": "layers", "options": {"max_layer": 2}}},
        "max_layers",
    ),
    "option of the wrong type": (
        DIGITS | {"space": {"name": "layers", "options": {"max_layers": "x"}}},
        "max_layers",
    ),
    "missing source": (of_source("none.npz"), "none.npz"),
    "unknown scheme": (of_source("ftp://host/data.npz"), "ftp://"),
    "unknown file type": (some_text, "data.csv"),
    "not an npz": (text_as_npz, "npz"),
    "cut off npz": (cut_off_npz, "npz"),
    "no labels": (lambda f: of_npz(f, x=X), "y"),
    "other lengths": (lambda f: of_npz(f, x=X, y=Y[:-1]), "60"),
    "nan": (with_nan, "NaN"),
    "one class": (lambda f: of_npz(f, x=X, y=0 * Y), "class"),
    "pickled objects": (lambda f: of_npz(f, x=X, y=np.array([object()] * 60)), "y"),
    "wrong rank": (lambda f: of_npz(f, x=X.reshape(60, 64), y=Y), "(60, 64)"),
    "channels": (lambda f: of_npz(f, x=np.zeros((60, 8, 8, 7), np.uint8), y=Y), "7"),
    "float labels": (lambda f: of_npz(f, x=X, y=Y + 0.5), "are not integers"),
    "one-hot labels": (lambda f: of_npz(f, x=X, y=np.eye(3)[Y]), "one-hot"),
    "too few of a class": (lambda f: of_npz(f, x=X, y=np.where(np.arange(60) < 1, 9, Y)), "9"),
    "too few examples": (lambda f: of_npz(f, x=X[:6], y=Y[:6]), "6"),
    "no class folders": (no_classes, "class"),
    "empty class folder": (empty_class, "emu"),
    "corrupt picture": (corrupt_picture, "3.png"),
    "corrupt zip": (corrupt_zip, "p.zip"),
    "zip without pictures": (zip_without_pictures, "p.zip"),
    "missing hypermodel": (DIGITS | {"space": {"hypermodel": "none.py:M"}}, "none.py"),
    "hypermodel syntax": (lambda f: of_hypermodel(f, "def build(:\n"), "line 1"),
    "hypermodel class": (lambda f: of_hypermodel(f, "class Other: pass\n"), "Mine"),
    "name": (DIGITS | {"name": "Not A Name"}, "name"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused_with_one_line(case: str, tmp_path: Path) -> None:
    config, words = CASES[case]
    message = refusal(tmp_path, config(tmp_path) if callable(config) else config)
    assert words in message
    assert len(message) < 500


def test_a_missing_config(tmp_path: Path) -> None:
    done = kubenas("run", tmp_path / "none.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.yaml: no such file" in done.stderr


def test_an_output_that_is_a_file_is_left_alone(tmp_path: Path) -> None:
    assert "out" in refusal(tmp_path, output_in_the_way(tmp_path))
    assert (tmp_path / "out").read_text() == "a file of mine"


def test_an_output_of_another_config_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "search.yaml"
    file.write_text(json.dumps(DIGITS))
    config = load_config(file)
    lock_config(config, open_storage(config.output))
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    file.write_text(json.dumps(DIGITS | {"training": {"epochs": 3}}))
    done = kubenas("run", file)
    assert done.returncode == 2
    assert "training.epochs was 0, now 3" in done.stderr
    assert before == {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}


def test_a_full_disk(tmp_path: Path) -> None:
    config = of_npz(tmp_path, x=np.repeat(X, 20, axis=0).repeat(4, axis=1), y=np.tile(Y, 20))
    assert "full" in refusal(tmp_path, config, file_limit=50_000)


def test_a_build_that_raises_is_shown_with_its_line(tmp_path: Path) -> None:
    code = (
        "import keras_tuner\n\n\nclass Mine(keras_tuner.HyperModel):\n"
        "    def build(self, hp):\n        raise ValueError('no such layer')\n"
    )
    file = tmp_path / "search.yaml"
    file.write_text(json.dumps(of_hypermodel(tmp_path, code)))
    done = kubenas("run", file)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 2, done.stderr
    assert "no such layer" in last
    assert "mine.py:6" in last
    assert "Traceback" not in done.stderr


def test_a_module_that_was_not_copied_is_not_found_by_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import importlib, keras_tuner\n"
        "blocks = importlib.import_module('blo' + 'cks')\n"
        "class Mine(keras_tuner.HyperModel): pass\n"
    )
    (tmp_path / "blocks.py").write_text("")
    file = tmp_path / "search.yaml"
    file.write_text(json.dumps(of_hypermodel(tmp_path, code)))
    monkeypatch.chdir(tmp_path)
    done = kubenas("run", file)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 2, done.stderr
    assert "mine.py, line 2: importing it raised ModuleNotFoundError: No module named" in last
    assert "if it is your own file, list it in space.files" in last


@pytest.mark.parametrize("command", ["status", "report"])
def test_an_output_without_a_run(command: str, tmp_path: Path) -> None:
    done = kubenas(command, tmp_path, "--json")
    assert done.returncode == 2
    answer = json.loads(done.stdout)
    assert "no run of kubenas" in answer["error"]
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_an_image_that_is_no_reference(tmp_path: Path) -> None:
    done = kubenas("compile", "-o", tmp_path / "nas.yaml", "--image", "not an image")
    assert done.returncode == 2
    assert not (tmp_path / "nas.yaml").exists()
