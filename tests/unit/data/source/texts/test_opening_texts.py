"""Which source is opened for files and folders, and columns for sources that are no tables."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kubenas.data.source import Columns, open_source
from kubenas.errors import UserError

Write = Callable[..., Path]
CSV = "text,label\na,1\nb,0\n"


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"set.csv": CSV}, "text"),
        ({"a.csv": CSV, "b.csv": CSV}, "text"),
        ({"a/1.txt": "a", "b/1.txt": "b"}, "text"),
        ({"a/1.txt": "a", "b/1.txt": "b", "labels.csv": CSV}, "text"),
        ({"a/1.png": b"", "b/1.txt": "b"}, "image"),
        ({"labels.csv": CSV, "1.png": b""}, "image"),
        ({"labels.csv": CSV, "a/1.png": b""}, "image"),
        ({".git/a.txt": "", "a/1.jpg": b""}, "image"),
    ],
)
def test_the_files_tell_the_kind(write: Write, files: dict[str, str | bytes], kind: str) -> None:
    assert open_source(str(write(files))).kind == kind


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        (
            "set.parquet",
            "save it as .csv or .jsonl, for example with pandas.read_parquet(...).to_json("
            "'set.jsonl', orient='records', lines=True)",
        ),
        ("set.json", "save one JSON object a line as .jsonl"),
        ("set.xlsx", "save it as .csv"),
        (
            "set.mat",
            "give an .npz with x and y, a table of texts (.csv, .tsv or .jsonl, also .gz), a folder"
            " or .zip with a folder of images or .txt files per class, or 'digits'",
        ),
    ],
)
def test_other_files_are_refused_with_a_remedy(write: Write, name: str, remedy: str) -> None:
    path = write({name: b""})
    with pytest.raises(UserError) as raised:
        open_source(str(path))
    assert str(raised.value) == f"{path}: cannot read a '{path.suffix}' file; {remedy}"


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        (Columns(target="label"), "data.target"),
        (Columns(features=("text",)), "data.features"),
        (Columns("label", ("text",)), "data.target and data.features"),
    ],
)
def test_columns_are_for_tables_only(write: Write, columns: Columns, fields: str) -> None:
    folder = write({"a/1.txt": "a", "b/1.txt": "b"})
    arrays = folder / "set.npz"
    np.savez(arrays, x=np.zeros((2, 2, 2)), y=np.arange(2))
    for location in ("digits", str(folder), str(arrays)):
        with pytest.raises(UserError) as raised:
            open_source(location, columns)
        assert str(raised.value) == (
            f"{location}: {fields} name columns of a table, but this is no .csv, .tsv or .jsonl"
            " file; remove them"
        )


def test_a_file_uri_is_a_path(write: Write) -> None:
    assert open_source(f"file://{write({'set.csv': CSV})}").inspect(None).examples == 2


def test_tables_in_folders_are_refused(write: Write) -> None:
    path = write({"data/train.csv": CSV, "README.md": ""})
    with pytest.raises(UserError) as raised:
        open_source(str(path))
    assert str(raised.value) == (
        f"{path}: the tables are in folders, such as 'data/train.csv'; name the folder of the"
        " tables in data.source"
    )


@pytest.mark.parametrize("name", ["train.csv", "data/train.jsonl"])
def test_tables_in_an_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, CSV)
    with pytest.raises(UserError) as raised:
        open_source(str(path))
    says = "tables in a .zip are not read; unpack it, or compress each table with gzip"
    assert str(raised.value) == f"{path}: {says}"
