"""Which programs of tuners, and which of the arrays and datasets staged for them, are in use."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.training.program.layout import DATA_FOLDER, INDEX_FILE, PROGRAMS, ProgramIndex
from kubenas.training.program.staging_marker import STAGING_FOLDER, is_staging

Programs = Mapping[str, frozenset[str] | None]
"""By id: digests of the data that a program needs; None: it does not say."""


@dataclass(frozen=True)
class StagedInUse:
    """What stays in the folder of programs."""

    programs: frozenset[str]
    data: frozenset[str] | None
    """Digests; None: all of it."""

    def holds(self, name: str) -> bool:
        """Whether the object ``name``, below that folder, stays."""
        first, _, rest = name.partition("/")
        if first != DATA_FOLDER:
            return first in self.programs
        return self.data is None or rest.partition("/")[0].removesuffix(".done") in self.data


def in_use(programs: Programs, named: Iterable[str]) -> StagedInUse:
    """What the searches that name the programs ``named`` use of ``programs``, all that there are.

    Of a program that does not say what it needs, all data may be.
    """
    kept = frozenset(named)
    needed = [programs.get(each, frozenset()) for each in kept]
    data: frozenset[str] = frozenset()
    for each in needed:
        if each is None:
            return StagedInUse(kept, None)
        data |= each
    return StagedInUse(kept, data)


def read_programs(output: Storage, names: Iterable[str]) -> Programs | None:
    """The programs in ``output``, of whose objects ``names`` are all; None: one is being staged."""
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
