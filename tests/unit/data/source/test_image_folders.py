"""The data source for images in class folders."""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kubenas.config import DataConfig
from kubenas.data.dataset.card import read_card
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.data.source.example_source import Example, SourceInfo
from kubenas.data.source.image_decoding import read_pixels
from kubenas.data.source.opening import open_source
from kubenas.errors import UserError
from kubenas.storage import Storage, open_storage

Save = Callable[..., Path]


def grey(value: int = 100, size: tuple[int, int] = (5, 4)) -> Image.Image:
    return Image.new("L", size, value)


def rgb(red: int = 10, size: tuple[int, int] = (5, 4)) -> Image.Image:
    return Image.new("RGB", size, (red, 20, 30))


def two_classes(**more: Image.Image) -> dict[str, Image.Image]:
    return {"cat/1.png": grey(1), "cat/2.png": grey(2), "dog/1.png": grey(3)} | more


def read(path: Path, image_size: tuple[int, int] | None = None) -> tuple[SourceInfo, list[Example]]:
    source = open_source(str(path))
    info = source.inspect(image_size)
    return info, list(source.examples(info))


def zipped(folder: Path, inside: str = "") -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, f"{inside}{file.relative_to(folder)}")
    return path


def test_reads_grey_images_as_one_channel(save_images: Save) -> None:
    info, examples = read(save_images(two_classes()))
    assert info.shape == (4, 5, 1)
    assert info.classes == ("cat", "dog")
    assert info.class_counts == (2, 1)
    assert info.notes == ()
    assert [(int(image[0, 0, 0]), label) for image, label, _ in examples] == [
        (1, 0),
        (2, 0),
        (3, 1),
    ]


@pytest.mark.parametrize("wrapper", ["", "wrapper/", "outer/inner/"])
def test_reads_a_zip_like_a_folder(save_images: Save, wrapper: str) -> None:
    folder = save_images(two_classes())
    path = zipped(folder, wrapper)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"__MACOSX/{wrapper}cat/._1.png", b"litter")
        archive.writestr(f"{wrapper}cat/.hidden", b"litter")
        archive.writestr(f"{wrapper}cat/Thumbs.db", b"litter")
    (from_zip, zip_examples), (from_folder, folder_examples) = read(path), read(folder)
    assert from_zip == from_folder
    assert all(
        np.array_equal(one.content, other.content) and one.label == other.label
        for one, other in zip(zip_examples, folder_examples, strict=True)
    )


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "gif", "webp", "PNG"])
def test_reads_every_format(save_images: Save, suffix: str) -> None:
    _, examples = read(save_images({f"a/1.{suffix}": grey(200), f"b/1.{suffix}": grey(50)}))
    assert [round(float(image.mean()), -1) for image, *_ in examples] == [200, 50]


@pytest.mark.parametrize(
    ("picture", "pixel"),
    [
        (Image.new("1", (5, 4), 1), [255]),
        (grey(9), [9]),
        (Image.new("LA", (5, 4), (9, 0)), [9]),
        (rgb(10), [10, 20, 30]),
        (Image.new("RGB", (5, 4), (8, 8, 8)), [8]),
        (Image.new("RGBA", (5, 4), (10, 20, 30, 0)), [10, 20, 30]),
        (rgb(10).quantize(4), [10, 20, 30]),
    ],
)
def test_decodes_every_kind_of_pixel(
    tmp_path: Path, picture: Image.Image, pixel: list[int]
) -> None:
    picture.save(tmp_path / "picture.png")
    with (tmp_path / "picture.png").open("rb") as stream:
        pixels = read_pixels(stream)
    assert pixels.shape == (4, 5, len(pixel))
    assert pixels.dtype == np.uint8
    assert pixels[2, 3].tolist() == pixel


def twelve_bits(count: int) -> dict[str, Image.Image]:
    """Returns greyscale images of 16 bits with values of 12 bits, as from medical devices."""
    values = np.random.default_rng(0).integers(0, 4096, (count, 4, 5)).astype(np.uint16)
    return {f"{'ab'[i % 2]}/{i}.png": Image.fromarray(value) for i, value in enumerate(values)}


def test_16_bit_images_keep_their_values(save_images: Save) -> None:
    images = twelve_bits(6)
    info, examples = read(save_images(images))
    assert (info.shape, info.dtype) == ((4, 5, 1), "float32")
    assert info.notes == (
        "the images have 16 bits per channel: their values are not scaled, and the model expects"
        " such values",
    )
    for picture, (image, *_) in zip(
        [images[f"a/{i}.png"] for i in (0, 2, 4)], examples[:3], strict=True
    ):
        assert image.dtype == np.float32
        assert np.array_equal(image[:, :, 0], np.asarray(picture))


def test_dark_12_bit_images_are_not_duplicates(save_images: Save, output: Storage) -> None:
    dim = {
        name: Image.fromarray((np.asarray(picture) // 17).astype(np.uint16))  # values below 241
        for name, picture in twelve_bits(200).items()
    }
    prepared = prepare_dataset(DataConfig(source=str(save_images(dim))), output)
    card = read_card(open_storage(prepared.uri))
    assert (card.duplicates, card.label_conflicts) == (0, 0)
    assert card.notes[0].startswith("the images have 16 bits")


def test_mixed_bit_depths_are_an_error(save_images: Save) -> None:
    path = save_images(twelve_bits(4) | {"a/x.png": grey()})
    with pytest.raises(UserError, match="4 of 5 images have 16 bits per channel, the others 8"):
        open_source(str(path)).inspect(None)


def png_of_16_bits(width: int, height: int, colour: int, channels: int) -> bytes:
    """Returns a black image. Pillow cannot write images of 16 bits with colours."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    rows = (b"\0" + bytes(2 * channels * width)) * height
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    )


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_images_with_several_channels_are_an_error(
    save_images: Save, colour: int, channels: int
) -> None:
    path = save_images(two_classes())
    (path / "dog/2.png").write_bytes(png_of_16_bits(5, 4, colour, channels))
    with pytest.raises(UserError, match="1 images have 16 bits per channel and colours or alpha"):
        open_source(str(path)).inspect(None)


@pytest.mark.parametrize("side", [8_200, 12_000, 40_000])
def test_a_decompression_bomb_is_not_decoded(save_images: Save, side: int) -> None:
    path = save_images(two_classes())
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    start = png_of_16_bits(1, 1, 2, 3)
    checked = b"IHDR" + header
    bomb = start[:12] + checked + struct.pack(">I", zlib.crc32(checked)) + start[33:]
    (path / "dog/2.png").write_bytes(bomb)
    with pytest.raises(UserError) as raised:
        open_source(str(path)).inspect(None)
    assert str(raised.value) == (
        f"{path}: 'dog/2.png' has more than 67,108,864 pixels; reduce its size or remove it"
    )


def test_applies_the_exif_orientation(tmp_path: Path, save_images: Save) -> None:
    left_dark = Image.fromarray(np.repeat([[0, 0, 255, 255]], 2, axis=0).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    save_images(two_classes())
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        left_dark.resize((64, 32)).save(tmp_path / "pictures" / name, "JPEG", exif=exif)
    info, examples = read(tmp_path / "pictures")
    assert info.shape == (64, 32, 1)
    assert examples[0].content[:20].mean() < 10
    assert examples[0].content[-20:].mean() > 245


def test_one_colour_image_makes_all_rgb(save_images: Save) -> None:
    transparent = Image.new("RGBA", (5, 4), (1, 2, 3, 4))
    info, _ = read(save_images(two_classes(**{"dog/2.png": transparent})))
    assert info.shape == (4, 5, 3)
    assert info.notes == ("3 grey images converted to RGB", "alpha channel removed from 1 images")


def test_images_of_different_sizes_get_the_median_size(save_images: Save) -> None:
    sizes = [(10, 30), (20, 300), (40, 700)]
    images = {f"{name}/{i}.png": grey(5, size) for name in "ab" for i, size in enumerate(sizes)}
    info, examples = read(save_images(images))
    assert info.shape == (224, 20, 1)
    assert info.notes == (
        "6 of 6 images (30 to 700 high, 10 to 40 wide) resized to 224 x 20"
        " (the median, at most 224)",
    )
    assert examples[0].content.shape == (30, 10, 1)


def test_image_size_takes_precedence(save_images: Save) -> None:
    info, _ = read(save_images(two_classes()), image_size=(7, 9))
    assert info.shape == (7, 9, 1)
    assert "(data.image_size)" in info.notes[0]


def test_files_outside_class_folders_are_ignored_with_a_warning(
    save_images: Save,
) -> None:
    folder = save_images(two_classes())
    (folder / "labels.csv").touch()
    info, examples = read(folder)
    assert len(examples) == 3
    assert info.warnings == ("1 files outside class folders ignored: labels.csv, ...",)


@pytest.mark.parametrize(
    ("images", "extra", "says"),
    [
        ({"1.png": grey(), "2.png": grey()}, (), "no class folders, only 2 files"),
        (two_classes(), ("eel/",), "class folder 'eel' is empty"),
        (two_classes(), ("cat/notes.txt",), "'cat/notes.txt' is not in a supported image format"),
        (two_classes(), ("cat/scan.tiff",), "'cat/scan.tiff' is not in a supported image format"),
        (two_classes(), ("cat/3.png",), "'cat/3.png' is damaged or not an image"),
        (two_classes(), ("cat/kittens/",), "'cat/kittens' is a folder inside a class folder"),
        (
            {"val/cat/1.png": grey(), "test/cat/1.png": grey()},
            (),
            "the class folders are in test, val; name the folders of the splits train, validation",
        ),
    ],
)
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_rejects_invalid_class_folders(
    save_images: Save,
    images: Mapping[str, Image.Image],
    extra: tuple[str, ...],
    says: str,
    form: str,
) -> None:
    path = save_images(images)
    for name in extra:
        (path / name).mkdir() if name.endswith("/") else (path / name).touch()
    if form == "zip":
        path = zipped(path)
    with pytest.raises(UserError) as raised:
        read(path)
    assert says in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")


def test_rejects_a_truncated_image(save_images: Save, output: Storage) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    images = {f"{name}/{i}.png": Image.fromarray(noise) for name in "ab" for i in range(6)}
    folder = save_images(images)
    victim = folder / "b" / "3.png"
    victim.write_bytes(victim.read_bytes()[:900])
    with pytest.raises(UserError, match=r"pictures: 'b/3.png' is damaged"):
        prepare_dataset(DataConfig(source=str(folder)), output)


def test_rejects_a_name_that_is_not_utf8(save_images: Save) -> None:
    folder = save_images(two_classes())
    (folder / "dog").rename(folder / os.fsdecode(b"d\xf6g"))
    with pytest.raises(UserError, match=r"d\\udcf6g/1.png' is not valid UTF-8"):
        read(folder)


def test_rejects_a_damaged_zip(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"PK\3\4 and nothing else")
    with pytest.raises(UserError, match=r"set\.zip: damaged or truncated"):
        read(tmp_path / "set.zip")


def test_rejects_an_encrypted_zip(save_images: Save) -> None:
    path = zipped(save_images(two_classes()))
    data = path.read_bytes()
    entry = data.index(b"PK\1\2")
    path.write_bytes(data[: entry + 8] + b"\1" + data[entry + 9 :])
    with pytest.raises(UserError, match="is encrypted"):
        read(path)
