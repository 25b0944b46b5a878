"""Files that are no tables, or damaged: one error that names the row."""

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kubenas.data.source import open_source

Write = Callable[..., Path]
ErrorOf = Callable[..., str]

LONG = "x" * ((1 << 20) + 1)
SEPARATED = "put a field that contains ',' into double quotes, and write quotes inside of it twice"
ICONV = "save the file in UTF-8, for example with: iconv -f WINDOWS-1252 -t UTF-8"
ONE_OBJECT = "write one JSON object a line"
NUL = "contains a NUL byte, thus the file is damaged, binary or in UTF-16; save it as text in UTF-8"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ": empty file; add a header and rows"),
        ("\n\n", ": empty file; add a header and rows"),
        ("text,label\n", ": no rows after the header; add examples"),
        ("text,label\n\n", ": no rows after the header; add examples"),
        ("text,label\na,1\nb\n", f": row 3 has 1 field, the header 2; {SEPARATED}"),
        ("text,label\na,b,1\n", f": row 2 has 3 fields, the header 2; {SEPARATED}"),
        ('text,label\n"a\nb",1\nc\n', f": row 3 (line 4) has 1 field, the header 2; {SEPARATED}"),
        (
            'text,label\na,1\n"b,0\nc,1\n',
            ": row 3 has a quote that is never closed; close it, or write quotes inside a field"
            " twice",
        ),
        (
            'text,label\n"a" b,1\n',
            ": row 2 has text after a closing quote; put the field into double quotes and write"
            " quotes inside of it twice",
        ),
        (
            "text,label\na\rb,1\n",
            ": row 2 has a carriage return outside of quotes; save the file with line ends \\n or"
            " \\r\\n",
        ),
        pytest.param(
            f'text,label\n"{LONG},1\n',
            ": row 2 has a field longer than 1 MiB, or a quote that is never closed; shorten the"
            " field or close the quote",
            id="long field",
        ),
        pytest.param(
            f"text,label\n{'é' * 600_000},1\n",
            ": row 2 has a text of 1,200,000 bytes, more than 1 MiB; shorten or remove it",
            id="long text",
        ),
        (
            "text,text,label\na,b,1\n",
            ": 3 columns, of which several are named 'text'; rename or remove all but one",
        ),
        (
            "text,la\x1bbel\na,1\n",
            r": the column 'la\x1bbel' contains control characters; the first row must have the"
            " names of the columns",
        ),
        (
            "text,label\na,1\ncaf\u00e9,0\n".encode("latin-1"),
            f": line 3 is not UTF-8 (byte 0xe9); {ICONV}",
        ),
        ("text,label\na\0b,1\n", f": line 2 {NUL}"),
        ("text,label\na,1\n".encode("utf-16-le"), f": line 1 {NUL}"),
        (
            "text,label\na,1\n".encode("utf-16"),
            ": line 1 is in UTF-16 or UTF-32; save the file in UTF-8",
        ),
    ],
)
def test_damaged_csv(write: Write, error_of: ErrorOf, content: str | bytes, says: str) -> None:
    assert error_of(write({"set.csv": content})) == says


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("", f": no examples; {ONE_OBJECT}"),
        ("{}\n", f": no examples; {ONE_OBJECT}"),
        (
            '{"text": "a", "label": 1}\n{"text": "b"',
            f": row 2 is not valid JSON (Expecting ',' delimiter at character 13); {ONE_OBJECT}",
        ),
        (
            "[\n",
            f": row 1 is not valid JSON (Expecting value at character 3); {ONE_OBJECT}",
        ),
        ('[{"text": "a"}]', f": row 1 is a list, not a JSON object; {ONE_OBJECT}"),
        ("null", f": row 1 is null, not a JSON object; {ONE_OBJECT}"),
        ("3", f": row 1 is a number, not a JSON object; {ONE_OBJECT}"),
        ('"text"', f": row 1 is a string, not a JSON object; {ONE_OBJECT}"),
        ('{"text": "a", "text": "b"}', ": row 1 has the key 'text' twice; remove one"),
        pytest.param(
            "[" * 100_000,
            ": row 1 is not valid JSON (a number is too long, or the nesting too deep);"
            f" {ONE_OBJECT}",
            id="deep nesting",
        ),
        (
            '{"text": ["a"], "label": 1}',
            ": row 1 has a list in 'text'; write the text as a string",
        ),
        (
            '{"text": {"a": 1}, "label": 1}',
            ": row 1 has an object in 'text'; write the text as a string",
        ),
        (
            '{"text": true, "label": 1}',
            ": row 1 has a boolean in 'text'; write the text as a string",
        ),
        (
            '{"text": "\\ud83d", "label": 1}',
            ": row 1 has a text that is not valid Unicode: '\\ud83d' is half of a character;"
            " correct or remove it",
        ),
        (
            '{"text": null, "label": 1}',
            ": no row has a text in 'text'; name the columns of the texts in data.features",
        ),
    ],
)
def test_damaged_json(write: Write, error_of: ErrorOf, lines: str, says: str) -> None:
    assert error_of(write({"set.jsonl": lines})) == says


def test_a_repeated_key_is_found_in_linear_time_and_shown_short(
    write: Write, error_of: ErrorOf
) -> None:
    last = f"\x1b{'x' * 9_999}"
    keys = [*(f"key {number}" for number in range(50_000)), last, last]
    row = ", ".join(f"{json.dumps(key)}: 1" for key in keys)
    before = time.process_time()
    message = error_of(write({"set.jsonl": f"{{{row}}}"}))
    assert time.process_time() - before < 2
    assert message == rf": row 1 has the key '\x1b{'x' * 13}...{'x' * 18}' twice; remove one"


def test_a_line_without_an_end_is_not_read_into_memory(
    write: Write, error_of: ErrorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubenas.data.source.texts.lines.MAX_LINE_BYTES", 1 << 20)
    path = write({"set.jsonl": "x" * (1 << 21)})
    assert error_of(path) == ": line 1 is longer than 1 MiB; write one row a line"


@pytest.mark.parametrize("damage", ["text", "truncated", "flipped"])
def test_damaged_gzip(write: Write, error_of: ErrorOf, damage: str) -> None:
    path = write({"set.csv.gz": "text,label\n" + "".join(f"{i} x,{i % 2}\n" for i in range(9999))})
    raw = bytearray(path.read_bytes())
    raw[200:300] = bytes(100) if damage == "flipped" else raw[200:300]
    path.write_bytes(
        {"text": b"text,label\n", "truncated": bytes(raw[:500])}.get(damage, bytes(raw))
    )
    message = error_of(path)
    assert message.startswith(": damaged or truncated (")
    assert message.endswith("; copy or download it again")


def test_concatenated_gzip_files_are_one(write: Write) -> None:
    path = write({"set.csv.gz": "text,label\na,1\n"})
    path.write_bytes(path.read_bytes() + gzip.compress(b"b,0\n"))
    assert open_source(str(path)).inspect(None).class_counts == (1, 1)
