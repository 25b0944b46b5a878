"""How a program lies in its store: a folder a program, and the data of all of them beside it.

``<programs>/<id>/program.pkl`` is the pickled :class:`kubenas.training.program.load.Program`, with
its large buffers and its tf.data.Datasets left out, so that what several programs share is stored
once: a buffer is ``<programs>/data/<digest>``, a dataset a folder in ``<programs>/data`` that
``<digest>.done`` beside it names once it is whole.
"""

import platform
from typing import Any

from pydantic import Field

from kubenas.trial import Value

PROGRAMS = "programs"
"""Folder of the output that programs and their data lie in."""
PICKLE_FILE = "program.pkl"
INDEX_FILE = "program.json"
DATA_FOLDER = "data"
TRIAL_FOLDER = "trial"
"""Below an attempt's prefix: all that the tuner left in its get_trial_dir()."""
DATASET = "dataset"
"""First part of the persistent id that stands for a tf.data.Dataset in the pickle."""
REPLAYED = "replayed"
"""The same for a generator."""


def python_version() -> str:
    """Major and minor version: functions travel as bytecode, which is of one of these."""
    return ".".join(platform.python_version_tuple()[:2])


class ProgramIndex(Value):
    """``program.json``: what is needed before the pickle can be read."""

    version: int = 1
    python: str = Field(description="version that pickled it, such as 3.11")
    keras: dict[str, Any] = Field(description="global settings where search() was called")
    buffers: tuple[str, ...] = Field((), description="digests, in the order of the pickle")
    datasets: tuple[str, ...] | None = Field(
        None, description="digests of its tf.data.Datasets; None: an older version wrote it"
    )


class StagedDataset(Value):
    """What a tf.data.Dataset was besides its elements."""

    digest: str
    shuffled: bool = Field(False, description="it gave its elements in another order each time")
    endless: bool = Field(False, description="it began again when it was through")

    @property
    def index(self) -> str:
        """Name of the object that holds the name of its folder, both in the folder of data."""
        return f"{self.digest}.done"

    def persistent_id(self) -> tuple[str, dict[str, Any]]:
        """What stands for it in the pickle."""
        return DATASET, self.model_dump()
