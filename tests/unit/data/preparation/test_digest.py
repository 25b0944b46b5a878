"""Digests of data sets. Those of images are the ones of earlier versions, which therefore find the
data sets that they prepared."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.dataset.schema import SCHEMA_FILE, read_schema
from kubenas.data.kinds.registry import example_kind
from kubenas.data.preparation.digest import dataset_digest
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.data.source import open_source
from kubenas.storage import Storage, open_storage

PIXELS = (np.arange(160) % 251).astype(np.uint8).reshape(10, 4, 4)
LABELS = np.arange(10) % 2
DIGITS = "8ae0e306f898"


def digest_of(location: str, **config: Any) -> str:
    return dataset_digest(open_source(location), DataConfig(source=location, **config))


def write_archive(path: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files with the earliest time, so that the bytes are always the same."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return path


@pytest.fixture
def arrays(tmp_path: Path) -> str:
    files = {}
    arrays: dict[str, npt.NDArray[Any]] = {"x": PIXELS, "y": LABELS}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        files[f"{name}.npy"] = buffer.getvalue()
    return str(write_archive(tmp_path / "set.npz", files))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(4):
        path = tmp_path / "pictures" / f"c{number % 2}" / f"{number}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[number]).save(path)
    return tmp_path / "pictures"


@pytest.mark.parametrize(
    ("config", "digest"),
    [({}, DIGITS), ({"seed": 3}, "03bad714cdf2"), ({"task": "image-classification"}, DIGITS)],
)
def test_the_bundled_images_keep_their_digest(config: dict[str, Any], digest: str) -> None:
    assert digest_of("digits", **config) == digest


def test_arrays_keep_their_digest(arrays: str) -> None:
    assert digest_of(arrays) == "bf39b0b9f26d"


def test_folders_of_images_keep_their_digest(pictures: Path) -> None:
    assert digest_of(str(pictures)) == "a917a8396c01"
    assert digest_of(str(pictures), image_size=(3, 5), test_fraction=0.2) == "38b10c34b3ec"


def test_archives_of_images_keep_their_digest(pictures: Path, tmp_path: Path) -> None:
    files = {
        path.relative_to(pictures).as_posix(): path.read_bytes()
        for path in sorted(pictures.rglob("*.bmp"))
    }
    assert digest_of(str(write_archive(tmp_path / "pictures.zip", files))) == "2722a010dc2d"


def test_images_keep_their_content_key() -> None:
    """Examples stay in their splits, and the drift compares with data sets of earlier versions."""
    key = example_kind("image").content_key(PIXELS[0, :, :, np.newaxis], 1)
    assert key == 15761818888816828170


def test_a_data_set_of_an_earlier_version_is_reused(output: Storage) -> None:
    first = prepare_dataset(DataConfig(source="digits"), output)
    name = f"data/{first.schema.digest}/{SCHEMA_FILE}"
    content = json.loads(output.read(name))
    for later in ("kind", "text"):  # fields that earlier versions do not write
        del content[later]
    output.write(name, json.dumps(content).encode())
    again = prepare_dataset(DataConfig(source="digits"), output)
    assert again.reused
    assert again.schema == read_schema(open_storage(again.uri)) == first.schema


def test_columns_count_if_they_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("text,label,stars\ngood,a,1\nbad,b,2\n")
    location = str(path)
    digests = {
        digest_of(location),
        digest_of(location, features=("text",)),
        digest_of(location, target="label", features=("text",)),
        digest_of(location, target="stars", features=("text",)),
        digest_of(location, seed=2),
    }
    assert len(digests) == 5
    assert digest_of(location, task="text-classification") == digest_of(location)
