"""Checks of this machine's memory and disk space."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from kubenas.doctor.finding import Finding, ok, problem
from kubenas.storage import Storage
from kubenas.storage.cache import open_cache

_GIB = 1 << 30
_PROCESS_BYTES = 700 << 20
"""Memory of a process with TensorFlow and a small network (docs/BENCHMARKS.md)."""

_LEAST_DISK_BYTES = _GIB
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def check_memory(workers: int) -> Finding:
    """Checks the memory for ``workers`` concurrent trials and the search."""
    return assess_memory(workers, memory_bytes())


def assess_memory(workers: int, memory: int) -> Finding:
    """Assesses ``memory`` bytes for ``workers`` concurrent trials and the search."""
    fit = max(1, memory // _PROCESS_BYTES - 1)
    message = f"{memory / _GIB:.1f} GiB for {workers} workers and the search"
    if workers <= fit:
        return ok("memory", message)
    return problem(
        "memory",
        f"{message}, which need {_PROCESS_BYTES / _GIB:.1f} GiB each, and more for large networks;"
        f" set runner.workers: {fit}",
    )


def memory_bytes() -> int:
    """Returns this machine's memory or the container's limit, whichever is less."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limits = []
    for path in _CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # absent, or "max"
            limits.append(int(Path(path).read_text()))
    return min([whole, *limits])


def check_disk(output: Storage) -> Finding:
    """Checks the free disk space of a local output."""
    if "://" in output.uri:
        return ok("disk", "the output is not on this machine")
    free = free_bytes(Path(output.uri))
    message = f"{free / _GIB:.1f} GiB free at {output.uri}"
    if free >= _LEAST_DISK_BYTES:
        return ok("disk", message)
    return problem("disk", f"{message}; free some space ('kubenas gc') or choose another 'output'")


def check_cache(output: Storage) -> Finding:
    """Checks the disk space for local copies of objects in a bucket.

    Raises:
        UserError: the cache size in the environment is invalid.
    """
    if "://" not in output.uri:
        return ok("cache", "not needed: the output is on this machine")
    cache = open_cache()
    sizes: dict[str, int] = {}
    for info in output.list("data/"):
        folder = info.name.split("/")[1]
        sizes[folder] = sizes.get(folder, 0) + info.size
    return assess_cache(
        str(cache.folder), cache.limit, free_bytes(cache.folder), max(sizes.values(), default=0)
    )


def assess_cache(folder: str, limit: int, free: int, needed: int) -> Finding:
    """Assesses the size of the cache.

    Args:
        folder: folder of the cache.
        limit: maximum size in bytes.
        free: free bytes on its disk.
        needed: size in bytes of the largest data set.
    """
    message = f"up to {limit / _GIB:.1f} GiB at {folder}, {free / _GIB:.1f} GiB free there"
    if limit < needed:
        return problem(
            "cache",
            f"{message}; the data set has {needed / _GIB:.1f} GiB: raise KUBENAS_CACHE_GIB",
        )
    if free < max(needed, _LEAST_DISK_BYTES):
        return problem("cache", f"{message}; set KUBENAS_CACHE to a folder on a larger disk")
    return ok("cache", message)


def free_bytes(folder: Path) -> int:
    """Returns the free bytes on the disk of ``folder``, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
