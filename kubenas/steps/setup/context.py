"""The run context: results of the first step, passed to the other steps as JSON."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError

from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.search.definition import search_id
from kubenas.storage import Storage, open_storage
from kubenas.trial import SpaceRef, Value


class RunContext(Value):
    """The frozen config, the prepared data set and the frozen space."""

    config: Config
    dataset: str
    """URI of the prepared data set's folder."""
    dataset_digest: str
    space: SpaceRef
    backbone: SpaceRef | None = None
    """The frozen ``evaluation.backbone``; None: there is none."""
    task_config: dict[str, Any] = {}
    """Settings of this task in Kubeflow: the fields of ``kfp.dsl.TaskConfig``."""

    @classmethod
    def of_step(cls, run: str, task_config: Mapping[str, Any] | None = None) -> Self:
        """Parses ``run``, the JSON text of the first step, and adds the settings of this task.

        Raises:
            UserError: The first step ran another version of kubenas.
        """
        try:
            context = cls.from_json(run.encode())
        except ValidationError as error:
            raise UserError(
                "the steps of this run use different versions of kubenas; start a new run"
            ) from error
        return context.model_copy(update={"task_config": dict(task_config or {})})

    @property
    def output(self) -> Storage:
        """The store of the output."""
        return open_storage(self.config.output)

    @property
    def search_id(self) -> str:
        """ID of the search, derived from config, data and space."""
        return search_id(self.config, self.dataset_digest, self.space)
