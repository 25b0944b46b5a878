"""What every step after the first needs to know, passed between steps as one JSON text."""

from collections.abc import Mapping
from typing import Any, Self

from kubenas.config import Config
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
    def of_step(cls, run: str, task_config: Mapping[str, Any]) -> Self:
        """What the first step has passed on, and what is set on this one."""
        context = cls.from_json(run.encode())
        return context.model_copy(update={"task_config": dict(task_config)})

    @property
    def output(self) -> Storage:
        """The store that everything is written to."""
        return open_storage(self.config.output)

    @property
    def search_id(self) -> str:
        """The search of this config on this data and space."""
        return search_id(self.config, self.dataset_digest, self.space)
