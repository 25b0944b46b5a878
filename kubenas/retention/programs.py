"""Programs of tuners, with their staged arrays and data sets, that are in use."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.training.program.layout import DATA_FOLDER, INDEX_FILE, PROGRAMS, ProgramIndex
from kubenas.training.program.staging_marker import STAGING_FOLDER, is_staging

Programs = Mapping[str, frozenset[str] | None]
"""Digests of the data of each program, by its id; None: unknown."""


@dataclass(frozen=True)
class StagedFilesInUse:
    """Objects to keep in the folder of programs."""

    programs: frozenset[str]
    data: frozenset[str] | None
    """Digests to keep; None: all."""

    def contains(self, name: str) -> bool:
        """Returns whether to keep the object ``name``, relative to that folder."""
        first, _, rest = name.partition("/")
        if first != DATA_FOLDER:
            return first in self.programs
        return self.data is None or rest.partition("/")[0].removesuffix(".done") in self.data


def find_staged_in_use(programs: Programs, named: Iterable[str]) -> StagedFilesInUse:
    """Returns the staged files of the programs in ``named``, which kept searches use.

    If the data of one of them is unknown, all data is kept.
    """
    kept = frozenset(named)
    needed = [programs.get(each, frozenset()) for each in kept]
    data: frozenset[str] = frozenset()
    for each in needed:
        if each is None:
            return StagedFilesInUse(kept, None)
        data |= each
    return StagedFilesInUse(kept, data)


def read_programs(output: Storage, names: Iterable[str]) -> Programs | None:
    """Reads the programs in ``output``; None if one is being staged.

    Args:
        output: the output.
        names: names of all objects in it.
    """
    names = [name for name in names if name.startswith(f"{PROGRAMS}/")]
    marks = (name for name in names if name.startswith(f"{STAGING_FOLDER}/"))
    if any(is_staging(output, name, now=time.time()) for name in marks):
        return None
    folders = {name.split("/")[1] for name in names}
    return {each: _needed(output, each) for each in sorted(folders - {DATA_FOLDER})}


def _needed(output: Storage, program: str) -> frozenset[str] | None:
    try:
        name = f"{PROGRAMS}/{program}/{INDEX_FILE}"
        index = read_document(output, name, ProgramIndex, what="a program's index")
    except (ObjectNotFound, DocumentUnusable):
        return None
    return None if index.datasets is None else frozenset((*index.buffers, *index.datasets))
