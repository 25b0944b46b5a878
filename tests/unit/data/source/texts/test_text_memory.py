"""Memory use of a table of texts is independent of the size of the texts."""

import tracemalloc
from pathlib import Path

import pytest

from kubenas.data.source import open_source

ROWS = 2000
SMALL, LARGE = 100, 20_000


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_peak_memory_does_not_grow_with_the_texts(tmp_path: Path, suffix: str) -> None:
    peaks = []
    for size in (SMALL, SMALL, LARGE):
        path = tmp_path / f"{size}{suffix}"
        with path.open("w") as file:
            file.write("" if suffix == ".jsonl" else "text,label\n")
            for row in range(ROWS):
                text = f"{row} ".ljust(size, "x")
                line = f'{{"text": "{text}", "label": {row % 2}}}' if suffix == ".jsonl" else ""
                file.write(f"{line or f'{text},{row % 2}'}\n")
        tracemalloc.start()
        source = open_source(str(path))
        assert sum(1 for _ in source.examples(source.inspect(None))) == ROWS
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 0.05 * ROWS * (LARGE - SMALL)
