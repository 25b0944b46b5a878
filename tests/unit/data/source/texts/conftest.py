"""Fixtures that write files of texts and read them as a source."""

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from kubenas.data.source import Columns, SourceInfo, open_source
from kubenas.errors import UserError

Read = tuple[str, str, str | None]


class Found(NamedTuple):
    """What a source has: its summary, and text, class and split of each example."""

    info: SourceInfo
    examples: list[Read]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Returns a function that writes files, given by name, to a folder."""

    def save(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "reviews"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            raw = content.encode() if isinstance(content, str) else content
            path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return root if len(files) > 1 else root / next(iter(files)).partition("/")[0]

    return save


@pytest.fixture
def found() -> Callable[..., Found]:
    """Returns a function that reads all examples of a source."""

    def read(path: Path, columns: Columns = Columns()) -> Found:  # noqa: B008
        source = open_source(str(path), columns)
        assert source.kind == "text"
        info = source.inspect(None)
        assert (info.shape, info.dtype) == ((), "string")
        examples: list[Read] = [
            (str(content), info.classes[label], split)
            for content, label, split in source.examples(info)
        ]
        assert info.examples == len(examples)
        return Found(info, examples)

    return read


@pytest.fixture
def error_of() -> Callable[..., str]:
    """Returns a function that returns the error of a source, after the location."""

    def read(path: Path, columns: Columns = Columns()) -> str:  # noqa: B008
        with pytest.raises(UserError) as raised:
            open_source(str(path), columns).inspect(None)
        message = str(raised.value)
        assert message.startswith(str(path))
        assert "\n" not in message
        return message.removeprefix(str(path))

    return read
