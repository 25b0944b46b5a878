"""Scratch files and partly written files of killed commands on this machine."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kubenas.retention.garbage import Garbage, Reason

_SCRATCH = "pipeline/artifacts/"
_TEMPORARY = ".tmp-"
_ABANDONED_SECONDS = 3600.0


def find_leftovers(root: Path) -> list[Garbage]:
    """Returns the leftovers below ``root``, with relative names. No run may be active there."""
    return sorted(_leftovers(root), key=lambda each: each.name)


def remove_empty_folders(root: Path) -> None:
    """Removes empty folders below ``root``. No run may be active there."""
    for parent, _, _ in os.walk(root, topdown=False):
        if Path(parent) != root:
            with suppress(OSError):  # not empty
                Path(parent).rmdir()


def _leftovers(root: Path) -> Iterator[Garbage]:
    now = time.time()
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        with suppress(FileNotFoundError):
            if not path.is_file():
                continue
            seen = path.stat()
            if name.startswith(_SCRATCH):
                yield Garbage(name, seen.st_size, Reason.SCRATCH)
            elif f"/{_TEMPORARY}" in f"/{name}" and now - seen.st_mtime > _ABANDONED_SECONDS:
                yield Garbage(name, seen.st_size, Reason.TEMPORARY)
