"""Tables of texts: what is read, in which order and from where."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubenas.config.data import DataConfig
from kubenas.data.source import Columns, open_source
from kubenas.data.source.texts import column_roles

Write = Callable[..., Path]
Find = Callable[..., Any]

ROWS = [("good film", "pos", None), ("bad film", "neg", None), ("fine", "pos", None)]
CSV = "text,label\ngood film,pos\nbad film,neg\nfine,pos\n"
JSON = "".join(f"{json.dumps({'label': label, 'text': text})}\n" for text, label, _ in ROWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.csv", CSV),
        ("SET.CSV", CSV),
        ("set.csv.gz", CSV),
        ("set.jsonl", JSON),
        ("set.ndjson", JSON),
        ("set.jsonl.gz", JSON),
        ("set.tsv", CSV.replace(",", "\t")),
        ("set.csv", CSV.replace(",", ";")),
        ("set.csv", CSV.replace(",", "\t")),
        ("set.tsv", CSV),
        ("set.csv", CSV.replace("\n", "\r\n")),
        ("set.csv", CSV.rstrip("\n")),
        ("set.csv", CSV + "\n\n  \n"),
        ("set.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("set.jsonl", b"\xef\xbb\xbf" + JSON.encode()),
        ("set.jsonl", JSON.replace("\n", "\r\n") + "\r\n"),
        ("set.csv", CSV.replace("text,label", ' Text , "Label"')),
        ("set.csv", CSV.replace(",pos", ", pos ")),
    ],
)
def test_all_formats_give_the_same_examples(
    write: Write, found: Find, name: str, content: str | bytes
) -> None:
    info, examples = found(write({name: content}))
    assert examples == ROWS
    assert (info.classes, info.class_counts, info.splits) == (("neg", "pos"), (1, 2), ())


def test_quoted_fields_keep_delimiters_quotes_and_line_ends(write: Write, found: Find) -> None:
    path = write({"set.csv": 'text,label\n"a, ""b""\r\nc",1\nplain "d",0\n'})
    assert [text for text, *_ in found(path).examples] == ['a, "b"\r\nc', 'plain "d"']


def test_rows_are_located_by_their_position_in_the_file(write: Write) -> None:
    path = write({"set.csv": '\ntext,label\n"a\nb",1\n\n ,1\nc,0\n'})
    source = open_source(str(path))
    assert [source.locate(index) for index in (0, 1)] == ["set.csv, row 3", "set.csv, row 6"]
    notes = source.inspect(None).notes
    assert notes[1:] == ("1 row without a text left out, the first is set.csv, row 5",)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([10, 9, -1], ("-1", "9", "10")),
        ([1.0, 0, 2.0], ("0", "1", "2")),
        ([True, False, True], ("False", "True")),
        (["b", "B", "a"], ("B", "a", "b")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["1.0", "0", "0.0"], ("0", "1")),
        (["01", "1", "1"], ("01", "1")),
        ([10**30, 1, 1], ("1", str(10**30))),
        (["ja", "ñandú", "N/A"], ("N/A", "ja", "ñandú")),
    ],
)
def test_classes_are_named_after_labels(
    write: Write, found: Find, values: list[Any], classes: tuple[str, ...]
) -> None:
    lines = [json.dumps({"text": f"text {i}", "label": value}) for i, value in enumerate(values)]
    info, examples = found(write({"set.jsonl": "\n".join(lines)}))
    assert info.classes == classes
    assert len(examples) == 3


def test_a_missing_text_is_left_out_and_a_number_is_a_text(write: Write, found: Find) -> None:
    lines = ['{"y": 1}', '{"text": null, "y": 1}', '{"text": NaN, "y": 1}', '{"text": " ", "y": 1}']
    lines += ['{"text": 12, "y": 1}', '{"text": 1.5, "y": 0}', '{"y": 0, "text": "NaN"}']
    info, examples = found(write({"set.jsonl": "\n".join(lines)}))
    assert [text for text, *_ in examples] == ["12", "1.5", "NaN"]
    assert info.class_counts == (2, 1)
    assert info.notes[1] == "4 rows without a text left out, the first is set.jsonl, row 1"


@pytest.mark.parametrize(
    ("header", "columns", "texts"),
    [
        ("label,words,split", Columns(), "b"),
        ("label,text,id", Columns(), "b"),
        ("Y,Sentence,url", Columns(), "b"),
        ("label,,words", Columns(), "c"),
        ("kind,text,other", Columns(target="kind"), "b"),
        ("label,class,text", Columns(target="label"), "c"),
        ("label,title,body", Columns(features=("body", "title")), "c\nb"),
        ("label,class,text", Columns(features=("class",)), "b"),
        ("label,split,text", Columns(features=("text", "split")), "c\nb"),
        ("split,label,text", Columns(target="split", features=("label",)), "b"),
    ],
)
def test_columns_are_found_by_name_or_given(
    write: Write, found: Find, header: str, columns: Columns, texts: str
) -> None:
    path = write({"set.csv": f"{header}\n1,b,c\n0,b,c\n"})
    info, examples = found(path, columns)
    assert info.classes == ("0", "1")
    assert {text for text, *_ in examples} == {texts}


@pytest.mark.parametrize(
    ("key", "names"), [("target", column_roles._TARGETS), ("features", column_roles._FEATURES)]
)
def test_the_config_describes_which_columns_are_found_by_name(
    key: str, names: tuple[str, ...]
) -> None:
    described = DataConfig.model_fields[key].description or ""
    assert f"{', '.join(names[:-1])} or {names[-1]}." in described


def test_notes_name_the_columns(write: Write, found: Find) -> None:
    path = write({"set.csv": "label;title;body;split\n1;b;c;x\n0;b;c;\n"})
    assert found(path, Columns(features=("title", "body"))).info.notes == (
        "texts from columns 'title' and 'body', labels from column 'label'",
        "column 'split' not used: its values are not train, validation or test",
        "set.csv: fields separated by ';'",
    )


def test_a_column_of_splits(write: Write, found: Find) -> None:
    path = write({"set.csv": "text,label,Split\na,1,Train\nb,0,dev\nc,1, train\nd,0,train\n"})
    info, examples = found(path)
    assert info.splits == ("train", "validation")
    assert [split for *_, split in examples] == ["train", "validation", "train", "train"]


def test_classes_that_differ_in_case_only_are_reported(write: Write, found: Find) -> None:
    info, _ = found(write({"set.csv": "text,label\na,yes\nb,no\nc,Yes\n"}))
    assert info.classes == ("Yes", "no", "yes")
    assert info.warnings == ("classes 'Yes' and 'yes' differ in case only; are they one class?",)


def test_progress_is_reported(write: Write) -> None:
    path = write({"set.csv": "text,label\n" + "a,0\nb,1\n" * 5000})
    calls: list[tuple[str, int, int | None]] = []
    open_source(str(path)).inspect(None, lambda *call: calls.append(call))
    assert calls == [("reading rows", 4096, None), ("reading rows", 8192, None)]


def test_the_content_is_that_of_the_file(write: Write) -> None:
    path = write({"set.csv": CSV})
    assert b"".join(open_source(str(path)).content()) == CSV.encode()
