"""Memory use of the preparation is independent of the size of the data."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

# Prints the peak memory of the process in bytes after each data set. The first one triggers all
# imports. getrusage is not used because its peak includes that of the parent before exec.
_MEASURE = """
import json, re, sys
from pathlib import Path
from kubenas.config import DataConfig
from kubenas.data.loading import load_split
from kubenas.data.preparation.prepare import prepare_dataset
from kubenas.storage import open_storage

peaks = []
for name in sys.argv[2:]:
    prepared = prepare_dataset(DataConfig(source=name), open_storage(sys.argv[1]))
    for _ in load_split(Path(prepared.uri), "train", batch_size=16, in_memory_bytes=0):
        pass
    status = Path("/proc/self/status").read_text()
    peaks.append(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024)
print(json.dumps(peaks))
"""
_IMAGE_BYTES = 64 * 64 * 3


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_does_not_grow_with_the_data(
    save_npz: Callable[..., Path], tmp_path: Path
) -> None:
    numbers = np.random.default_rng(0)
    counts = (100, 600, 6000)
    sources = [
        save_npz(
            f"{count}.npz",
            x=numbers.integers(0, 256, (count, 64, 64, 3), np.uint8),
            y=np.arange(count) % 2,
        )
        for count in counts
    ]
    command = [sys.executable, "-c", _MEASURE, str(tmp_path / "output"), *map(str, sources)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    _, small, large = json.loads(finished.stdout)
    assert large - small < 0.5 * counts[2] * _IMAGE_BYTES
