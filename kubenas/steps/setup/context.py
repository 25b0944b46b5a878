"""What every step after the first needs to know, passed between steps as one JSON text."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError

from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.search.definition import search_id
from kubenas.storage import Storage, open_storage
from kubenas.trial import SpaceRef, Value


class RunContext(Value):
    """The frozen config, and what preparing made of its data and space."""

    config: Config
    dataset: str
    """URI of the prepared data set's folder."""
    dataset_digest: str
    space: SpaceRef
    task_config: dict[str, Any] = {}
    """What the user set on this step's task in Kubeflow: the fields of ``kfp.dsl.TaskConfig``."""

    @classmethod
    def of_step(cls, run: str, task_config: Mapping[str, Any] | None = None) -> Self:
        """What the first step has passed on, and what is set on this one.

        Raises:
            UserError: the first step was of another version.
        """
        try:
            context = cls.from_json(run.encode())
        except ValidationError as error:
            raise UserError(
                "the steps of this run are of different versions of kubenas; start a new run"
            ) from error
        return context.model_copy(update={"task_config": dict(task_config or {})})

    @property
    def output(self) -> Storage:
        """The store that everything is written to."""
        return open_storage(self.config.output)

    @property
    def search_id(self) -> str:
        """The search of this config on this data and space."""
        return search_id(self.config, self.dataset_digest, self.space)
