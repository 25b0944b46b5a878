"""Checks of an output's store: credentials, conditional writes and latency."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import PurePath

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.errors import StorageError
from kubenas.storage import Storage
from kubenas.storage.probe import probe_storage

_ROUNDS = 5
_CONTENT = b"x" * 1024
_SLOW_SECONDS = 1.0


def check_output(output: Storage) -> list[Finding]:
    """Checks credentials, conditional writes and latency. Leaves no objects behind."""
    try:
        probe_storage(output)
        writing, reading = _latencies(output)
    except StorageError as error:
        return [problem("output", str(error))]
    return [
        ok("output", f"{output.uri}: writable, with conditional writes"),
        assess_latency(writing, reading),
    ]


def assess_reach(uri: str, mounts: Iterable[str]) -> Finding:
    """Checks that trials in a cluster, with volumes at ``mounts``, can reach the output."""
    here = "://" not in uri
    if here and not any(PurePath(uri).is_relative_to(mount) for mount in mounts):
        return problem(
            "reach",
            f"{uri} is a folder on this machine, but trials run in the cluster; set 'output' to a"
            " gs://, s3:// or minio:// URI",
        )
    return ok("reach", "trials in the cluster use the same URI")


def assess_latency(writing: float, reading: float) -> Finding:
    """Assesses the latency of a store.

    Args:
        writing: seconds to write a small object.
        reading: seconds to read a small object.
    """
    message = f"a small write takes {writing * 1000:.0f} ms, a read {reading * 1000:.0f} ms"
    if max(writing, reading) < _SLOW_SECONDS:
        return ok("latency", message)
    return problem(
        "latency",
        f"{message}; a search needs several per trial: choose an 'output' with a lower latency",
    )


def _latencies(output: Storage) -> tuple[float, float]:
    """Returns the median seconds of a small write and a small read."""
    name = f".probe/{secrets.token_hex(8)}"
    try:
        return (
            _median_seconds(lambda: output.write(name, _CONTENT)),
            _median_seconds(lambda: output.read(name)),
        )
    finally:
        with suppress(StorageError):  # the error of the write is the finding
            output.delete(name)


def _median_seconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
