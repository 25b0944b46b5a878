"""Storage layout of programs: one folder per program and a shared data folder.

``<programs>/<id>/program.pkl`` is the pickled :class:`kubenas.training.program.load.Program`
without its large buffers and tf.data.Datasets. These are stored once for all programs: a buffer is
``<programs>/data/<digest>``, a dataset is a folder below ``<programs>/data``. The object
``<programs>/data/<digest>.done`` contains the folder's name once the folder is complete.
"""

import platform
from typing import Any

from pydantic import Field

from kubenas.trial import Value

PROGRAMS = "programs"
"""Folder of programs and their data in the output."""
PICKLE_FILE = "program.pkl"
INDEX_FILE = "program.json"
DATA_FOLDER = "data"
TRIAL_FOLDER = "trial"
"""Folder below an attempt's prefix with the content of the tuner's get_trial_dir()."""
DATASET = "dataset"
"""Kind of a pickle persistent id that refers to a tf.data.Dataset."""
REPLAYED = "replayed"
"""Kind of a pickle persistent id that refers to the batches of a generator."""


def python_version() -> str:
    """Returns the major and minor version, which determines the bytecode of functions."""
    return ".".join(platform.python_version_tuple()[:2])


class ProgramIndex(Value):
    """``program.json``: metadata that is needed to read the pickle."""

    version: int = 1
    python: str = Field(description="Python version that wrote the pickle, such as 3.11")
    keras: dict[str, Any] = Field(description="global settings of the process that called search()")
    buffers: tuple[str, ...] = Field((), description="digests of the buffers, in pickle order")
    datasets: tuple[str, ...] | None = Field(
        None, description="digests of the tf.data.Datasets; None: written by an older version"
    )


class StagedDataset(Value):
    """Metadata of a stored tf.data.Dataset."""

    digest: str
    shuffled: bool = Field(False, description="the order of its elements changed in each iteration")
    endless: bool = Field(False, description="it repeated its elements without end")

    @property
    def index(self) -> str:
        """Name of the object in the data folder that contains the name of the dataset's folder."""
        return f"{self.digest}.done"

    def persistent_id(self) -> tuple[str, dict[str, Any]]:
        """Returns the persistent id of the dataset in the pickle."""
        return DATASET, self.model_dump()
