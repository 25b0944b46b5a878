"""Staging of a program: writes a tuner and its data to the output, once per content."""

import hashlib
import itertools
import tempfile
import types
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tensorflow as tf

from kubenas.errors import ObjectExists, UserError
from kubenas.storage import Storage, join, open_storage
from kubenas.training.process.keras_settings import keras_settings
from kubenas.training.program.layout import (
    DATA_FOLDER,
    INDEX_FILE,
    PICKLE_FILE,
    PROGRAMS,
    REPLAYED,
    ProgramIndex,
    StagedDataset,
    python_version,
)
from kubenas.training.program.load import Program
from kubenas.tuner.datasets import save_dataset
from kubenas.tuner.fingerprint import fingerprint
from kubenas.tuner.pickling import check_picklable, pickle_object


class Staging:
    """Writes one program to the output.

    Args:
        program: the tuner, its arguments and its oracle's options.
        output: the root of the output.
        steps: the steps per epoch by the id of the training or validation data.
    """

    def __init__(self, program: Program, output: Storage, steps: Mapping[int, int | None]) -> None:
        self._program = program
        self._output = output
        self._steps = steps
        self._datasets: dict[int, StagedDataset] = {}
        self._batches: dict[int, list[Any]] = {}

    def digest(self, content: Any) -> str:
        """Returns the digest of ``content``. Stores the datasets that it contains."""
        return fingerprint(content, self._digest_stand_in)[:32]

    def write(self, digest: str) -> str:
        """Stores the program under ``digest`` if it does not exist.

        Returns:
            The URI of the program's folder.

        Raises:
            UserError: an object cannot be pickled.
        """
        uri = join(self._output.uri, PROGRAMS, digest)
        folder = open_storage(uri)
        if folder.exists(INDEX_FILE):
            return uri
        buffers: list[str] = []
        try:
            data = pickle_object(
                self._program,
                store_buffer=lambda raw: buffers.append(self._store_buffer(raw)),
                persistent_id=self._persistent_id,
            )
        except UserError:
            raise
        except Exception as error:  # pickling may raise any exception; find the object
            check_picklable(self._parts(), self._persistent_id)
            raise UserError(f"the tuner cannot be pickled for a trial process: {error}") from error
        folder.write(PICKLE_FILE, data)
        index = ProgramIndex(
            python=python_version(),
            keras=keras_settings(),
            buffers=tuple(buffers),
            datasets=tuple(sorted({each.digest for each in self._datasets.values()})),
        )
        with suppress(ObjectExists):
            folder.create(INDEX_FILE, index.to_json())
        return uri

    def _parts(self) -> dict[str, Any]:
        """Returns the objects of the program by the names to use in error messages."""
        tuner = self._program.tuner
        return {
            **{f"the tuner's {name}": each for name, each in tuner.__getstate__().items()},
            **{f"search(): argument {at}": each for at, each in enumerate(self._program.args, 1)},
            **{f"search({name}=...)": each for name, each in self._program.kwargs.items()},
        }

    def _store_buffer(self, raw: memoryview) -> str:
        digest = hashlib.sha256(raw).hexdigest()[:32]
        name = f"{PROGRAMS}/{DATA_FOLDER}/{digest}"
        if not self._output.exists(name):
            self._output.write(name, bytes(raw))
        return digest

    def _persistent_id(self, content: Any) -> Any:
        if isinstance(content, tf.data.Dataset):
            return self._stage_dataset(content).persistent_id()
        if isinstance(content, types.GeneratorType):
            return REPLAYED, self._take_batches(content)
        return None

    def _digest_stand_in(self, content: Any) -> Any:
        return (
            self._stage_dataset(content).model_dump()
            if isinstance(content, tf.data.Dataset)
            else None
        )

    def _stage_dataset(self, dataset: tf.data.Dataset) -> StagedDataset:
        if id(dataset) not in self._datasets:
            with tempfile.TemporaryDirectory(prefix="kubenas-dataset-") as scratch:
                self._datasets[id(dataset)] = self._save_dataset(dataset, Path(scratch) / "data")
        return self._datasets[id(dataset)]

    def _save_dataset(self, dataset: tf.data.Dataset, folder: Path) -> StagedDataset:
        staged = save_dataset(dataset, folder, steps=self._steps.get(id(dataset)))
        data = open_storage(join(self._output.uri, PROGRAMS, DATA_FOLDER))
        if not data.exists(staged.index):
            name = f"{staged.digest}/{uuid.uuid4().hex}"  # another process may write the same data
            data.upload_tree(folder, name)
            with suppress(ObjectExists):
                data.create(staged.index, name.encode())
        return staged

    def _take_batches(self, generator: Iterator[Any]) -> list[Any]:
        """Returns the batches of one epoch. Reads the generator once, as it cannot restart."""
        steps = self._steps.get(id(generator))
        if steps is None:
            raise UserError(
                "a generator needs steps_per_epoch (for validation_data: validation_steps) in"
                " search(); each epoch of each trial uses this number of its first batches"
            )
        if id(generator) not in self._batches:
            self._batches[id(generator)] = list(itertools.islice(generator, steps))
        return self._batches[id(generator)]


def steps_by_data(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[int, int | None]:
    """Returns the steps per epoch by the id of the training and validation data."""
    training = kwargs.get("x", args[0] if args else None)
    return {
        id(training): kwargs.get("steps_per_epoch"),
        id(kwargs.get("validation_data")): kwargs.get("validation_steps"),
    }
