"""Folders of tables: the files are splits, or parts of one table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubenas.data.source import open_source

Write = Callable[..., Path]
Find = Callable[..., Any]
ErrorOf = Callable[..., str]

HEADER = "text,label\n"
TRAIN = HEADER + "a,1\nb,0\n"


def test_files_named_for_splits_are_splits(write: Write, found: Find) -> None:
    files = {
        "test.csv": "label,text\n1,e\n",
        "Train.csv": TRAIN,
        "dev.csv.gz": HEADER + ",0\nd,0\n",
    }
    path = write(files)
    info, examples = found(path)
    assert info.splits == ("train", "validation", "test")
    assert (info.classes, info.class_counts) == (("0", "1"), (2, 2))
    assert examples == [
        ("a", "1", "train"),
        ("b", "0", "train"),
        ("d", "0", "validation"),
        ("e", "1", "test"),
    ]
    located = [open_source(str(path)).locate(index) for index in range(4)]
    assert located == [
        "Train.csv, row 2",
        "Train.csv, row 3",
        "dev.csv.gz, row 3",
        "test.csv, row 2",
    ]
    assert info.notes[1:] == (
        "3 files: Train.csv, dev.csv.gz, test.csv",
        "1 row without a text left out, the first is dev.csv.gz, row 2",
    )


def test_other_files_are_parts_of_one_table(write: Write, found: Find) -> None:
    files = {"b.jsonl": '{"text": "c", "label": 0}', "a.ndjson": '{"label": 1, "text": "a"}'}
    info, examples = found(write(files | {".cache.csv": "", "README.md": "# Reviews"}))
    assert examples == [("a", "1", None), ("c", "0", None)]
    assert info.warnings == ("1 files that are no tables ignored: README.md, ...",)


def test_one_file_is_no_split(write: Write, found: Find) -> None:
    info, examples = found(write({"train.csv": TRAIN, ".hidden/x.png": b""}))
    assert (info.splits, {split for *_, split in examples}) == ((), {None})


def test_a_column_of_splits_in_parts(write: Write, found: Find) -> None:
    files = {"1.csv": "text,label,split\na,1,train\n", "2.csv": "text,label,split\nb,0,test\n"}
    info, examples = found(write(files))
    assert info.splits == ("train", "test")
    assert [split for *_, split in examples] == ["train", "test"]


def test_files_named_for_splits_precede_a_column_of_splits(write: Write, found: Find) -> None:
    table = "text,label,split\na,1,test\nb,0,train\n"
    _, examples = found(write({"train.csv": table, "test.csv": table}))
    assert [split for *_, split in examples] == ["train", "train", "test", "test"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"train.csv": TRAIN, "test.jsonl": "{}"},
            ": 'test.jsonl' and 'train.csv' have different formats; save all tables of a folder in"
            " one format, or name one file in data.source",
        ),
        (
            {"a.csv": TRAIN, "a.csv.gz": TRAIN},
            ": 'a.csv' and 'a.csv.gz' seem to be one table; remove one of them",
        ),
        (
            {"train.csv": TRAIN, "t\x1b[0mest.csv": TRAIN},
            r": the name 't\x1b[0mest.csv' contains control characters; rename the file",
        ),
        (
            {"train.csv": TRAIN, "more.csv": TRAIN},
            ": 'train.csv' is named for a split and 'more.csv' is not; name all files for their"
            " splits, train, validation and test, or none",
        ),
        (
            {"train.csv": TRAIN, "dev.csv": TRAIN, "val.csv": TRAIN},
            ": the tables are dev.csv, train.csv, val.csv; name one file for each split, train,"
            " validation and test, of which train is needed",
        ),
        (
            {"val.csv": TRAIN, "test.csv": TRAIN},
            ": the tables are test.csv, val.csv; name one file for each split, train, validation"
            " and test, of which train is needed",
        ),
        (
            {"train.csv": TRAIN, "test.csv": "text\nc\n"},
            ": 'train.csv' has a column 'label' and 'test.csv' has not; give all tables of the"
            " folder the same columns, or name one file in data.source",
        ),
        (
            {"train.csv": TRAIN, "test.csv": "text,label,id\nc,1,1\n"},
            ": 'test.csv' has a column 'id' and 'train.csv' has not; give all tables of the folder"
            " the same columns, or name one file in data.source",
        ),
        (
            {"train.csv": TRAIN, "test.csv": HEADER},
            "/test.csv: no rows after the header; add examples",
        ),
        (
            {"train.csv": TRAIN, "test.csv": HEADER + "a\n"},
            "/test.csv: row 2 has 1 field, the header 2; put a field that contains ',' into double"
            " quotes, and write quotes inside of it twice",
        ),
        (
            {"train.csv": TRAIN, "test.csv": HEADER + "\nc,\n"},
            ": 1 rows have no label in 'label', the first is test.csv, row 3; add the labels or"
            " remove the rows",
        ),
        (
            {"a.jsonl": '{"text": "a", "label": 1}', "b.jsonl": '{"txt": "a", "label": 1}'},
            "/b.jsonl: no row has a text in 'text'; name the columns of the texts in data.features",
        ),
    ],
)
def test_files_that_do_not_fit_together(
    write: Write, error_of: ErrorOf, files: dict[str, str], says: str
) -> None:
    assert error_of(write(files)) == says


def test_the_content_includes_the_names_of_the_files(write: Write) -> None:
    path = write({"train.csv": TRAIN, "test.csv": TRAIN, "README.md": "no table"})
    before = b"".join(open_source(str(path)).content())
    assert b"no table" not in before
    (path / "test.csv").rename(path / "dev.csv")
    assert b"".join(open_source(str(path)).content()) != before
