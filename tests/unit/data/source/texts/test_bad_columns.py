"""Columns, labels and splits that cannot be used: one error with the remedy."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubenas.data.source import Columns, open_source
from kubenas.errors import UserError

Write = Callable[..., Path]
ErrorOf = Callable[..., str]

CSV = "text,label,title\na,1,t\nb,0,t\n"
TARGET = "name the column of the classes in data.target"
VALUE = f"it looks like a value or an id, not a class; {TARGET}"
SPLITS = "others have names of splits; write train, validation or test in all rows"


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (Columns(target="labl"), ": data.target: no column 'labl'; did you mean 'label'?"),
        (
            Columns(target="stars"),
            ": data.target: no column 'stars'; the columns are 'text', 'label', 'title'",
        ),
        (
            Columns(features=("title", "txt")),
            ": data.features: no column 'txt'; did you mean 'text'?",
        ),
        (
            Columns("title", ("text", "title")),
            ": data.features: 'title' is the column of the labels; a text must not contain its"
            " label",
        ),
        (
            Columns(features=("text", "text")),
            ": data.features names 'text' twice; remove one",
        ),
        (
            Columns(features=("label",)),
            ": no column named label, labels, target, class, category or y; name the column of the"
            " labels in data.target; the columns are 'text', 'label', 'title'",
        ),
    ],
)
def test_columns_of_the_config(
    write: Write, error_of: ErrorOf, columns: Columns, says: str
) -> None:
    assert error_of(write({"set.csv": CSV}), columns) == says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "the film was good and rather long for its many parts,1\nbad,0\n",
            ": no column named label, labels, target, class, category or y; name the column of the"
            " labels in data.target; the columns are 'the film was good and rather long for it...',"
            " '1'",
        ),
        (
            "text,label,class\na,b,c\n",
            ": 'label' and 'class' may all be the labels; name the column of the labels in"
            " data.target",
        ),
        (
            "text,review,label,id\na,b,c,1\n",
            ": it is not clear which columns have the texts; name them in data.features; the"
            " columns are 'text', 'review', 'id'",
        ),
        (
            "label\n1\n0\n",
            ": no column beside 'label'; add a column of texts, or check the separator of the"
            " fields",
        ),
        (
            "text,label\na,1\nb,\nc, \nd,NaN\ne,null\n",
            ": 4 rows have no label in 'label', the first is row 3; add the labels or remove the"
            " rows",
        ),
        (
            "text,label\na,1\nb,2.5\nc,2.5\n",
            ": 2 rows have a fraction in 'label', the first is 2.5 in row 3: it looks like a"
            f" value, not a class; {TARGET}",
        ),
        ("text,label\na,a\nb , b\n", f": 'label' repeats the text of each row; {TARGET}"),
        (
            f"text,label\na,{'x' * 300}\n",
            ": row 2 has a label of 300 characters in 'label': it looks like a text, not a class;"
            f" {TARGET}",
        ),
        (
            "text,label\n" + "".join(f"a,{i}\n" for i in range(12)),
            f": 'label' has 12 different values in 12 rows: {VALUE}",
        ),
        (
            "text,label\na,b\x1b[0m\n",
            r": the label 'b\x1b[0m' contains control characters; rename the class",
        ),
        (
            "text,label,split\na,1,train\nb,1,tset\n",
            f": row 3 has 'tset' in 'split', {SPLITS}",
        ),
        ("text,label,split\na,1,\nb,1,test\n", f": row 2 has no split in 'split', {SPLITS}"),
        (
            f"text,label,split\na,1,\x1b[31m{'x' * 9_999}\nb,1,test\n",
            rf": row 2 has '\x1b[31m{'x' * 9}...{'x' * 18}' in 'split', {SPLITS}",
        ),
        (
            "text,label,split\na,1,dev\nb,1,test\n",
            ": no row has train in 'split'; name the split of the training examples train, or"
            " remove the column",
        ),
    ],
)
def test_columns_of_a_table(write: Write, error_of: ErrorOf, content: str, says: str) -> None:
    assert error_of(write({"set.csv": content})) == says


def test_more_than_a_thousand_labels_are_no_classes(write: Write, error_of: ErrorOf) -> None:
    path = write({"set.csv": "text,label\n" + "".join(f"a,{i}\n" * 3 for i in range(1001))})
    assert error_of(path) == f": 'label' has more than 1000 different values: {VALUE}"


def test_many_columns_are_not_all_listed(write: Write, error_of: ErrorOf) -> None:
    path = write({"set.csv": ",".join(f"c{i}" for i in range(20)) + ",,\n"})
    assert error_of(path).endswith(
        "the columns are 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6',"
        " 'c7', 'c8', 'c9', 'c10', 'c11', 8 more"
    )


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (
            ["a", None, float("nan"), ...],
            ": 3 rows have no label in 'label', the first is row 2; add the labels or remove the"
            " rows",
        ),
        (
            [1, 0.5, float("inf")],
            ": 2 rows have a fraction in 'label', the first is 0.5 in row 2: it looks like a value,"
            f" not a class; {TARGET}",
        ),
        (
            ["a", 1],
            ": 'label' is a whole number in row 2 and a string in row 1; write all labels in one"
            " way",
        ),
        (
            [True, 1],
            ": 'label' is a whole number in row 2 and a boolean in row 1; write all labels in one"
            " way",
        ),
        (
            ["a", ["b"]],
            ": row 2 has several values in 'label'; write one label as a string or an integer",
        ),
        (
            ["a", "b\ud800"],
            r": the label 'b\ud800' is not valid UTF-8; rename the class",
        ),
    ],
)
def test_labels_in_json(write: Write, error_of: ErrorOf, labels: list[Any], says: str) -> None:
    rows = [{"text": f"text {i}", "label": label} for i, label in enumerate(labels)]
    lines = [json.dumps({k: v for k, v in row.items() if v is not ...}) for row in rows]
    assert error_of(write({"set.jsonl": "\n".join(lines)})) == says


def test_a_size_of_images_is_an_error(write: Write) -> None:
    path = write({"set.csv": CSV})
    with pytest.raises(UserError) as raised:
        open_source(str(path)).inspect((8, 8))
    says = f"{path}: data.image_size is for images, but these are texts; remove it"
    assert str(raised.value) == says


def test_a_file_that_changes_between_reads_is_an_error(write: Write) -> None:
    path = write({"set.csv": "text,label\na,1\nb,0\n"})
    source = open_source(str(path))
    info = source.inspect(None)
    path.write_text("text,label\na,1\nb,2\n")
    with pytest.raises(UserError) as raised:
        list(source.examples(info))
    assert str(raised.value) == f"{path}: row 3 was changed while it was read; start again"
