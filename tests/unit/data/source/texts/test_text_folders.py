"""Folders and archives with .txt files in class folders."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubenas.data.source import open_source
from kubenas.errors import UserError

Write = Callable[..., Path]
Find = Callable[..., Any]
ErrorOf = Callable[..., str]

REVIEWS = {"neg/1.txt": "bad", "neg/2.txt": "b\u00e4d\r\n", "pos/1.TXT": b"\xef\xbb\xbfgood"}
READ = [("bad", "neg", None), ("b\u00e4d\r\n", "neg", None), ("good", "pos", None)]
ICONV = "save the file in UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8"


def zipped(folder: Path) -> Path:
    """Writes a .zip with the files of ``folder``."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def test_texts_in_class_folders(write: Write, found: Find) -> None:
    path = write(REVIEWS)
    info, examples = found(path)
    assert examples == READ
    assert (info.classes, info.class_counts, info.notes) == (("neg", "pos"), (2, 1), ())
    assert found(zipped(path)) == (info, examples)


def test_folders_around_the_class_folders_are_splits(write: Write, found: Find) -> None:
    files = {
        f"aclImdb/{split}/{name}": text
        for split in ("train", "test")
        for name, text in REVIEWS.items()
    }
    path = write(files | {"aclImdb/README": "", "aclImdb/train/urls_pos.txt": "http"})
    info, examples = found(path)
    assert info.splits == ("train", "test")
    assert info.class_counts == (4, 2)
    assert [split for *_, split in examples] == ["test"] * 2 + ["train"] * 2 + ["test", "train"]
    assert info.warnings == ("2 files outside class folders ignored: README, ...",)


def test_blank_texts_are_left_out(write: Write, found: Find) -> None:
    path = write(REVIEWS | {"neg/0.txt": " \n", "pos/9.txt": ""})
    info, examples = found(path)
    assert examples == READ
    assert info.notes == ("2 blank texts left out, the first is neg/0.txt",)
    located = [open_source(str(path)).locate(index) for index in range(3)]
    assert located == ["neg/1.txt", "neg/2.txt", "pos/1.TXT"]


def test_the_last_text_may_be_blank(write: Write, found: Find) -> None:
    info, _ = found(write(REVIEWS | {"pos/9.txt": "\n"}))
    assert info.notes == ("1 blank text left out, the first is pos/9.txt",)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"neg/3.txt": b"\xe9t\xe9"},
            f": 'neg/3.txt' is not UTF-8 (byte 0xe9); {ICONV}",
        ),
        (
            {"neg/3.txt": "bad".encode("utf-16")},
            ": 'neg/3.txt' is in UTF-16 or UTF-32; save the file in UTF-8",
        ),
        (
            {"neg/3.txt": b"a\0b"},
            ": 'neg/3.txt' contains a NUL byte, thus the file is damaged, binary or in UTF-16; save"
            " it as text in UTF-8",
        ),
        (
            {"neg/3.txt": b"x" * ((1 << 20) + 1)},
            ": 'neg/3.txt' is longer than 1 MiB; shorten or remove it",
        ),
        (
            {"odd/1.txt": " "},
            ": class folder 'odd' has only blank texts; add texts or remove the folder",
        ),
        (
            {"neg/3.pdf": b""},
            ": 'neg/3.pdf' is not a .txt file; convert it or remove it from the class folder",
        ),
        (
            {"neg/more/3.txt": ""},
            ": 'neg/more' is a folder inside a class folder; put the texts directly into their"
            " class folder",
        ),
    ],
)
def test_files_that_are_no_texts(
    write: Write, error_of: ErrorOf, files: dict[str, str | bytes], says: str
) -> None:
    assert error_of(write(REVIEWS | files)) == says


def test_a_damaged_member_of_an_archive(write: Write, error_of: ErrorOf) -> None:
    path = zipped(write({"neg/1.txt": "bad" * 100, "pos/1.txt": "good" * 100}))
    raw = bytearray(path.read_bytes())
    start = raw.index(b"1.txt") + len("1.txt")
    raw[start : start + 4] = b"\xff" * 4
    path.write_bytes(raw)
    assert error_of(path) == ": 'reviews/neg/1.txt' is damaged; replace or remove it"


def test_images_beside_texts_are_an_error_of_images(write: Write) -> None:
    path = write(REVIEWS | {"neg/3.png": b""})
    with pytest.raises(UserError, match=r"'neg/1.txt' is not in a supported image format"):
        open_source(str(path)).inspect(None)


def test_a_size_of_images_is_an_error(write: Write) -> None:
    with pytest.raises(UserError, match=r"data\.image_size is for images, but these are texts"):
        open_source(str(write(REVIEWS))).inspect((8, 8))


def test_progress_is_reported(write: Write) -> None:
    calls: list[tuple[str, int, int | None]] = []
    open_source(str(write(REVIEWS))).inspect(None, lambda *call: calls.append(call))
    assert calls == [("reading texts", 3, 3)]
