"""Whether an output can be written as a search needs it, and how fast."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import PurePath

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.errors import StorageError
from kubenas.storage import Storage
from kubenas.storage.probe import probe

_ROUNDS = 5
_CONTENT = b"x" * 1024
_SLOW_SECONDS = 1.0


def check_output(output: Storage) -> list[Finding]:
    """Credentials, conditional creation and latency. Leaves no object behind."""
    try:
        probe(output)
        writing, reading = _latencies(output)
    except StorageError as error:
        return [problem("output", str(error))]
    return [
        ok("output", f"{output.uri}: can be written, and creates only what is absent"),
        assess_latency(writing, reading),
    ]


def assess_reach(uri: str, mounts: Iterable[str]) -> Finding:
    """Whether trials in a cluster, where there is something at ``mounts``, see the output."""
    here = "://" not in uri
    if here and not any(PurePath(uri).is_relative_to(mount) for mount in mounts):
        return problem(
            "reach",
            f"{uri} is a folder of this machine, and trials run in the cluster; set 'output' to a"
            " gs://, s3:// or minio:// URI",
        )
    return ok("reach", "trials in the cluster are told the same URI")


def assess_latency(writing: float, reading: float) -> Finding:
    """``writing`` and ``reading`` are the seconds that a small object takes."""
    message = f"a small write takes {writing * 1000:.0f} ms, a read {reading * 1000:.0f} ms"
    if max(writing, reading) < _SLOW_SECONDS:
        return ok("latency", message)
    return problem(
        "latency",
        f"{message}; a search waits for several of them a trial: choose a nearer 'output'",
    )


def _latencies(output: Storage) -> tuple[float, float]:
    """Median seconds of a small write and of a small read."""
    name = f".probe/{secrets.token_hex(8)}"
    try:
        return (
            _median_seconds(lambda: output.write(name, _CONTENT)),
            _median_seconds(lambda: output.read(name)),
        )
    finally:
        with suppress(StorageError):  # what kept it from being written is the finding
            output.delete(name)


def _median_seconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
