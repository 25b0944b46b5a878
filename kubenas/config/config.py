"""The whole search.yaml. A file has the same meaning on a laptop and on a cluster."""

import hashlib
import json
from typing import Any, Self

from pydantic import Field, model_validator

from kubenas.config.data import DataConfig
from kubenas.config.promotion import EvaluationConfig, PromotionConfig
from kubenas.config.retention import RetentionConfig
from kubenas.config.retrain import RetrainConfig
from kubenas.config.runner import RunnerConfig
from kubenas.config.search import SearchConfig
from kubenas.config.serving import ServingConfig
from kubenas.config.space import SpaceConfig
from kubenas.config.training import TrainingConfig
from kubenas.trial import Value

NAME = r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$"
"""Pattern for names of searches and schedules."""

_EPOCHS = 12
"""Epochs of a trial before the data are known."""


class Config(Value):
    """A whole search.yaml."""

    name: str = Field(
        pattern=NAME,
        description="Name of the search: lower-case letters, digits and dashes, at most 40.",
    )
    output: str = Field(
        min_length=1,
        description="Location of all results: a directory, or gs://, s3:// or minio:// with a"
        " bucket and a folder.",
    )
    data: DataConfig
    space: SpaceConfig = SpaceConfig()
    search: SearchConfig = SearchConfig()
    training: TrainingConfig = TrainingConfig()
    runner: RunnerConfig = RunnerConfig()
    retrain: RetrainConfig = RetrainConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    promotion: PromotionConfig = PromotionConfig()
    retention: RetentionConfig = RetentionConfig()
    serving: ServingConfig = ServingConfig()

    @property
    def epochs(self) -> int:
        """Epochs of a trial at most."""
        return self.training.epochs or _EPOCHS

    @property
    def retraining_seconds(self) -> float | None:
        """Time limit of all retrainings, without what the search leaves; None: no limit."""
        return self.retrain.max_seconds or self.search.max_seconds

    @model_validator(mode="after")
    def _check_price(self) -> Self:
        if self.search.max_cost is not None and self.runner.price_per_hour is None:
            raise ValueError("search.max_cost needs runner.price_per_hour")
        return self

    @model_validator(mode="after")
    def _check_service_name(self) -> Self:
        if self.serving.kind != "none" and not self.serving.name and self.name[0].isdigit():
            raise ValueError(
                "serving.name: set a name that starts with a letter, as required for a service"
            )
        return self

    @model_validator(mode="after")
    def _check_rungs(self) -> Self:
        rungs = self.search.rungs
        if rungs.factor is None:
            return self
        if self.search.oracle == "hyperband":
            raise ValueError(
                "search.rungs: the oracle hyperband has its own rungs; use another oracle"
            )
        if self.training.epochs and self.epochs < rungs.factor * rungs.min_epochs:
            raise ValueError(
                f"search.rungs: training.epochs must be at least {rungs.factor * rungs.min_epochs},"
                " eta times min_epochs, for at least two rungs; or reduce min_epochs"
            )
        return self

    @model_validator(mode="after")
    def _check_hyperband(self) -> Self:
        mixed = {"baseline_share": self.search.baseline_share, "warm_start": self.search.warm_start}
        for name, value in mixed.items():
            if value and self.search.oracle == "hyperband":
                raise ValueError(f"search.{name}: not supported by hyperband; use another oracle")
        return self

    def identity_content(self) -> dict[str, Any]:
        """Returns the part of the config that defines the search.

        It excludes the output, the runner, evaluation, promotion, serving and retention. A user's
        HyperModel is included by name only, and pretrained weights are not; each search records the
        content of their files.
        """
        content = self.model_dump(
            mode="json",
            exclude={
                "runner": True,
                "evaluation": True,
                "promotion": True,
                "retention": True,
                "serving": True,
                "output": True,
                "space": {"files", "requirements", "weights"},
                "search": {"generation", "reuse"},
            },
        )
        content["data"] = self._data_identity(content["data"])
        content["search"]["max_trials"] = self.search.trial_limit or 0
        content["space"]["hypermodel"] = (self.space.hypermodel or "").split("/")[-1] or None
        return content

    def _data_identity(self, content: dict[str, Any]) -> dict[str, Any]:
        """Returns ``content`` as in earlier versions, which had only images and no columns."""
        unset = [name for name in ("target", "features") if not content[name]]
        kept = {name: value for name, value in content.items() if name not in unset}
        return {**kept, "task": "image-classification"}

    def identity(self) -> str:
        """Returns the digest of :meth:`identity_content`."""
        content = json.dumps(self.identity_content(), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]
