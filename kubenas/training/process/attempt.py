"""The context of a running attempt: spec, storage, data set and hyperparameters."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kubenas.data.dataset.local_shards import LocalShards
from kubenas.data.dataset.schema import DataSchema
from kubenas.data.dataset.streaming import StreamedShards
from kubenas.data.loading import Shards
from kubenas.errors import CacheTooSmall, UserError
from kubenas.storage import Storage, open_storage, split
from kubenas.training.process.failure import AttemptFailed
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.training.process.stopping import Termination
from kubenas.trial import AttemptSpec, TrainingPlan

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """An attempt that runs in this process."""

    spec: AttemptSpec
    storage: Storage
    """The attempt's prefix. No other attempt writes there."""
    scratch: Path
    """A local folder, deleted after the attempt."""
    hyperparameters: TrackedHyperparameters
    """The hyperparameters of the spec, with a record of those that the code used."""
    termination: Termination

    @cached_property
    def dataset(self) -> Shards:
        """The prepared data set: local files, or streamed if it exceeds the cache.

        Raises:
            StorageError: the data set cannot be read.
        """
        return open_dataset(self.spec.dataset)

    @property
    def schema(self) -> DataSchema:
        """Schema of the prepared data set. Raises the errors of :attr:`dataset`."""
        return self.dataset.schema

    @property
    def plan(self) -> TrainingPlan:
        """The training plan.

        Raises:
            UserError: the spec has no training plan.
        """
        if self.spec.training is None:
            raise UserError(
                f"{self.spec.prefix}/spec.json: 'training' is missing, required by {self.spec.task}"
            )
        return self.spec.training

    @property
    def model(self) -> str:
        """URI of the model that the spec names.

        Raises:
            UserError: the spec names no model.
        """
        if self.spec.model is None:
            raise UserError(
                f"{self.spec.prefix}/spec.json: 'model' is missing, required by {self.spec.task}"
            )
        return self.spec.model

    def fetch(self, uri: str) -> Path:
        """Downloads the file at ``uri`` and returns its local path.

        Raises:
            ObjectNotFound: there is no object at the URI.
        """
        folder, name = split(uri)
        path = self.scratch / "model" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(open_storage(folder).read(name))
        return path


@contextmanager
def open_attempt(
    spec: AttemptSpec, hyperparameters: TrackedHyperparameters, termination: Termination
) -> Iterator[Attempt]:
    """Yields the attempt of ``spec``. Deletes its scratch folder on exit."""
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
    """Stages the data set at ``uri``, or streams it if it does not fit into the cache."""
    try:
        return LocalShards(open_storage(uri).stage(""), origin=uri)
    except CacheTooSmall as error:
        _LOG.info("streaming the data set from the store in every epoch: %s", error)
        return StreamedShards(uri)


@contextmanager
def _streaming(attempt: Attempt) -> Iterator[None]:
    """Raises the store's error in place of the TensorFlow error that it caused."""
    try:
        yield
    except AttemptFailed as error:
        dataset = vars(attempt).get("dataset")  # None if it was not opened
        if isinstance(dataset, StreamedShards) and dataset.failures:
            raise dataset.failures[0] from error
        raise
