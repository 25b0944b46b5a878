"""A quote at the start of a text that would join the rows up to the next quote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubenas.data.source import open_source
from kubenas.errors import UserError

Write = Callable[..., Path]
Find = Callable[..., Any]
ErrorOf = Callable[..., str]

REMEDY = (
    "and the lines up to it look like rows; remove the quote, or put the field into double quotes"
    " and write quotes inside of it twice"
)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (
            'text\tlabel\na\t1\n"b\t0\nc\t1\nd "\t0\ne\t1\n',
            "row 3 has a quote that is closed on line 5",
        ),
        ('text\tlabel\n"b\t0\nc "\t1\nd\t1\ne\t0\n', "row 2 has a quote that is closed on line 3"),
        ('label\ttext\n1\ta\n0\t"b\n1\tc"\n0\td\n', "row 3 has a quote that is closed on line 4"),
        (
            'label\ttext\tid\n1\t"b\t1\n0\tc\t2\n1\t"\t3\n0\te\t4\n',
            "row 2 has a quote that is closed on line 4",
        ),
        (
            'text\tlabel\n"a\n\nb"\t1\n"c\tpos\nd"\tneg\ne\tneg\nf\tpos\n',
            "row 3 (line 5) has a quote that is closed on line 6",
        ),
    ],
)
@pytest.mark.parametrize("name", ["set.tsv", "set.csv"])
def test_rows_that_a_quote_joins_are_refused(
    write: Write, error_of: ErrorOf, name: str, table: str, says: str
) -> None:
    content = table if name == "set.tsv" else table.replace("\t", ",")
    assert error_of(write({name: content})) == f": {says}, {REMEDY}"


def test_an_unused_column_may_have_the_quote(write: Write, error_of: ErrorOf) -> None:
    path = write({"set.tsv": 'text\tlabel\tnote\na\t1\t"\nb\t0\t"\nc\t1\tx\nd\t0\ty\n'})
    assert error_of(path) == f": row 2 has a quote that is closed on line 3, {REMEDY}"


def test_the_file_of_a_folder_is_named(write: Write, error_of: ErrorOf) -> None:
    plain = "text\tlabel\na\t1\nb\t0\n"
    path = write({"train.tsv": plain, "test.tsv": 'text\tlabel\na\t1\n"c\t1\nd"\t0\n'})
    assert error_of(path) == f": test.tsv, row 3 has a quote that is closed on line 4, {REMEDY}"


@pytest.mark.parametrize(
    "rows",
    [
        'text,label\n"Dear Sir,\nplease",1\n"Roses are red,\nviolets are blue,\nsugar",0\n',
        'text,label\n"Stars, 1\nvery good",1\nbad,0\n',
        'label,text\n1,"good\nreally, very good"\n0,"bad\nwell, bad\nno, bad"\n',
        'id,text,label\n1,"one, two\nthree, four",1\n0,"a, b\nc, d",0\n',
        'text\tlabel\n"a\tb\nc"\t1\nd\t0\n',
    ],
)
def test_texts_of_several_lines_are_read(write: Write, found: Find, rows: str) -> None:
    path = write({"set.csv": rows})
    info, examples = found(path)
    assert (info.classes, info.class_counts) == (("0", "1"), (1, 1))
    assert any("\n" in text for text, *_ in examples)


def test_many_rows_that_may_be_joined_need_little_memory(write: Write) -> None:
    rows = "".join(f'{n % 2},"a\nword{n}, b"\n' for n in range(3_000))
    path = write({"set.csv": f'label,text\n{rows}1,"c\n0,d"\n'})
    with pytest.raises(UserError, match=r"row 3002 \(line 6002\) has a quote that is closed"):
        open_source(str(path)).inspect(None)
