"""What a task gets: the spec, and where things are."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kubenas.data.dataset.loading import Shards
from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.dataset.schema import DataSchema
from kubenas.data.dataset.streaming import StreamedShards
from kubenas.errors import CacheTooSmall, UserError
from kubenas.storage import Storage, open_storage, split
from kubenas.training.process.failure import AttemptFailed
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.training.process.stopping import Termination
from kubenas.trial import AttemptSpec, TrainingPlan

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """An attempt under way in this process."""

    spec: AttemptSpec
    storage: Storage
    """The attempt's prefix: it alone writes there."""
    scratch: Path
    """A local folder that is gone after the attempt."""
    hyperparameters: TrackedHyperparameters
    """What the spec gives, and what the attempt's code has asked for."""
    termination: Termination

    @cached_property
    def dataset(self) -> Shards:
        """The prepared data set as local files, or in its store where it exceeds the cache.

        Raises:
            StorageError: it cannot be read.
        """
        return open_dataset(self.spec.dataset)

    @property
    def schema(self) -> DataSchema:
        """Of the prepared data set; errors as of :attr:`dataset`."""
        return self.dataset.schema

    @property
    def plan(self) -> TrainingPlan:
        """How to train.

        Raises:
            UserError: the spec does not say.
        """
        if self.spec.training is None:
            raise UserError(f"{self.spec.prefix}/spec.json: task {self.spec.task} needs 'training'")
        return self.spec.training

    @property
    def model(self) -> str:
        """URI of the model that the spec names.

        Raises:
            UserError: the spec names none.
        """
        if self.spec.model is None:
            raise UserError(f"{self.spec.prefix}/spec.json: task {self.spec.task} needs 'model'")
        return self.spec.model

    def fetch_model(self) -> Path:
        """The file that the spec names as its model, as a local one.

        Raises:
            UserError: the spec names none.
            ObjectNotFound: there is none at its URI.
        """
        folder, name = split(self.model)
        path = self.scratch / "model" / name
        path.parent.mkdir()
        path.write_bytes(open_storage(folder).read(name))
        return path


@contextmanager
def open_attempt(
    spec: AttemptSpec, hyperparameters: TrackedHyperparameters, termination: Termination
) -> Iterator[Attempt]:
    """The attempt of ``spec``; its scratch folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kubenas-attempt-") as scratch:
        attempt = Attempt(
            spec=spec,
            storage=open_storage(spec.prefix),
            scratch=Path(scratch),
            hyperparameters=hyperparameters,
            termination=termination,
        )
        with _streaming(attempt):
            yield attempt


def open_dataset(uri: str) -> Shards:
    """The data set at ``uri`` staged; one that does not fit into the cache is streamed."""
    try:
        return LocalShards(open_storage(uri).stage(""), origin=uri)
    except CacheTooSmall as error:
        _LOG.info("the data are streamed from their store every epoch: %s", error)
        return StreamedShards(uri)


@contextmanager
def _streaming(attempt: Attempt) -> Iterator[None]:
    """Raises what the store said, which reached the training as an error of TensorFlow's."""
    try:
        yield
    except AttemptFailed as error:
        dataset = vars(attempt).get("dataset")  # where it has been opened
        if isinstance(dataset, StreamedShards) and dataset.failures:
            raise dataset.failures[0] from error
        raise
