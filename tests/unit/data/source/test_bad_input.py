"""Damaged and malicious data, and unknown encodings: one error, before memory is allocated."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.data.source.npz import NpzSource
from kubenas.data.source.opening import open_source
from kubenas.errors import UserError
from kubenas.storage import Storage

Save = Callable[..., Path]
IMAGES = np.arange(12 * 4 * 3, dtype=np.uint8).reshape(12, 4, 3)
LABELS = np.arange(12) % 2


def npy(array: Any, shape: tuple[int, ...] | None = None) -> bytes:
    """Returns a .npy file, optionally with another shape in its header."""
    buffer = io.BytesIO()
    header = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(buffer, header | {"shape": shape or array.shape})
    return buffer.getvalue() + array.tobytes()


def npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def error_of(path: Path) -> str:
    with pytest.raises(UserError) as raised:
        NpzSource(path).inspect(None)
    message = str(raised.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    "shape",
    [(12, 2**32, 2**32), (12, 2**63, 2), (10**12, 4, 3), (-12, -4, 3), (11, 4, 3), (12, 4, 3, 4)],
)
def test_images_that_contradict_their_header(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = npz(tmp_path / "set.npz", x=npy(IMAGES, shape), y=npy(LABELS))
    assert "save the file again with numpy.savez" in error_of(path)


@pytest.mark.parametrize("shape", [(10**12,), (12, 10**11), (2**63,), (11,)])
def test_labels_that_contradict_their_header(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = npz(tmp_path / "set.npz", x=npy(IMAGES), y=npy(LABELS, shape))
    assert f"the header of y says shape {shape}" in error_of(path)


def test_a_different_number_of_labels_is_an_error(save_npz: Save) -> None:
    path = save_npz(x=IMAGES, y=np.zeros(1 << 22, np.uint8), compressed=True)
    assert "x has 12 examples and y has 4194304" in error_of(path)


def test_labels_that_need_more_than_a_gib_are_not_read(
    save_npz: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubenas.data.source.npz._MAX_LABEL_BYTES", 1 << 10)
    path = save_npz(x=IMAGES, y=np.zeros((12, 100), np.uint8))
    assert "y has shape (12, 100) and dtype uint8, more than 1 GiB" in error_of(path)


def test_an_image_of_too_many_pixels_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "set.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("y.npy", npy(np.zeros(1, int)))
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(npy(np.empty((0, 1, 1), np.uint8), (1, 9_000, 8_000)))
            member.write(bytes(72_000_000))
    assert "more than 67,108,864 pixels per image" in error_of(path)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "b\ud800"], r"the label 'b\ud800' is not valid UTF-8; rename the class"),
        (["a", "b\nc"], r"the label 'b\nc' contains control characters"),
        (["a", "b\x1b[31m"], r"the label 'b\x1b[31m' contains control characters"),
        (["a", "b\u202egnp"], r"the label 'b\u202egnp' contains control characters"),
        ([b"\xff", b"\xfe"], r"the label b'\xfe' in y is not valid UTF-8; save labels as integers"),
    ],
)
def test_labels_that_are_not_printable(save_npz: Save, names: list[Any], says: str) -> None:
    assert says in error_of(save_npz(x=IMAGES, y=np.array(names)[LABELS]))


@pytest.mark.parametrize("name", ["dog\n", "dog\x1b[2J", "dog\x85", "\u2028dog"])
def test_folders_and_files_with_control_characters(save_images: Save, name: str) -> None:
    image = Image.new("L", (4, 4))
    for images in ({f"{name}/1.png": image}, {f"dog/{name}.png": image}):
        path = save_images(images | {"cat/1.png": image}, folder=f"set{len(str(images))}")
        with pytest.raises(UserError, match="contains control characters; rename the file"):
            open_source(str(path)).inspect(None)


def zip_with_folder(path: Path, folder: bytes) -> Path:
    """Writes a .zip with the raw bytes of ``folder`` as name, without the UTF-8 flag."""
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "PNG")
    placeholder = "x" * len(folder)
    with zipfile.ZipFile(path, "w") as archive:
        for name in (placeholder, "cat"):
            archive.writestr(f"{name}/1.png", buffer.getvalue())
    path.write_bytes(path.read_bytes().replace(placeholder.encode() + b"/", folder + b"/"))
    return path


def test_utf8_names_in_a_zip_without_the_flag(tmp_path: Path) -> None:
    path = zip_with_folder(tmp_path / "set.zip", "köter".encode())
    info = open_source(str(path)).inspect(None)
    assert info.classes == ("cat", "köter")
    assert len(list(open_source(str(path)).examples(info))) == 2


@pytest.mark.parametrize(
    ("code_page", "name"), [("cp932", "犬の写真"), ("cp1252", "köter"), ("cp437", "köter")]
)
def test_names_in_a_zip_in_another_code_page(tmp_path: Path, code_page: str, name: str) -> None:
    path = zip_with_folder(tmp_path / "set.zip", name.encode(code_page))
    with pytest.raises(UserError, match="is not UTF-8; create the archive again with names in"):
        open_source(str(path)).inspect(None)


@pytest.mark.parametrize("labels", [np.zeros(12, int), np.zeros((12, 1), bool), ["a"] * 12])
def test_one_class_only(save_npz: Save, output: Storage, labels: Any) -> None:
    path = save_npz(x=IMAGES, y=labels)
    with pytest.raises(UserError, match=r"only one class, '(0|False|a)'; at least two are needed"):
        prepare_dataset(DataConfig(source=str(path)), output)


def test_one_class_folder_only(save_images: Save, output: Storage) -> None:
    path = save_images({f"dog/{i}.png": Image.new("L", (4, 4), i) for i in range(12)})
    with pytest.raises(UserError, match="only one class, 'dog'; at least two are needed"):
        prepare_dataset(DataConfig(source=str(path)), output)
