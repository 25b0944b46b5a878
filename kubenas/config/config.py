"""search.yaml as a whole. The same file means the same on a laptop and on a cluster."""

import hashlib
import json
from typing import Any, Self

from pydantic import Field, model_validator

from kubenas.config.data import DataConfig
from kubenas.config.promotion import PromotionConfig
from kubenas.config.retention import RetentionConfig
from kubenas.config.retrain import RetrainConfig
from kubenas.config.runner import RunnerConfig
from kubenas.config.search import SearchConfig
from kubenas.config.serving import ServingConfig
from kubenas.config.space import SpaceConfig
from kubenas.config.training import TrainingConfig
from kubenas.trial import Value

NAME = r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$"
"""What searches and schedules may be called."""


class Config(Value):
    """A whole search.yaml."""

    name: str = Field(
        pattern=NAME,
        description="Name of the search: small letters, digits and dashes, at most 40.",
    )
    output: str = Field(
        min_length=1,
        description="Where everything is written: a directory, or gs://, s3:// or minio:// with a"
        " bucket and a folder.",
    )
    data: DataConfig
    space: SpaceConfig = SpaceConfig()
    search: SearchConfig = SearchConfig()
    training: TrainingConfig = TrainingConfig()
    runner: RunnerConfig = RunnerConfig()
    retrain: RetrainConfig = RetrainConfig()
    promotion: PromotionConfig = PromotionConfig()
    retention: RetentionConfig = RetentionConfig()
    serving: ServingConfig = ServingConfig()

    @model_validator(mode="after")
    def _cost_has_a_price(self) -> Self:
        if self.search.max_cost is not None and self.runner.price_per_hour is None:
            raise ValueError("search.max_cost needs runner.price_per_hour")
        return self

    @model_validator(mode="after")
    def _service_has_a_name(self) -> Self:
        if self.serving.kind != "none" and not self.serving.name and self.name[0].isdigit():
            raise ValueError("serving.name: give one, for a service's name begins with a letter")
        return self

    @model_validator(mode="after")
    def _rungs_have_room(self) -> Self:
        rungs = self.search.rungs
        if rungs.eta is None:
            return self
        if self.search.oracle == "hyperband":
            raise ValueError("search.rungs: the oracle hyperband has rungs of its own; use another")
        if self.training.epochs < rungs.eta * rungs.min_epochs:
            raise ValueError(
                f"search.rungs: training.epochs must be at least {rungs.eta * rungs.min_epochs},"
                " eta times min_epochs, for there to be two rungs (or lower min_epochs)"
            )
        return self

    @model_validator(mode="after")
    def _hyperband_goes_alone(self) -> Self:
        mixed = {"baseline_share": self.search.baseline_share, "warm_start": self.search.warm_start}
        for name, value in mixed.items():
            if value and self.search.oracle == "hyperband":
                raise ValueError(f"search.{name}: does not go with hyperband; use another oracle")
        return self

    def identity_content(self) -> dict[str, Any]:
        """All that decides what is looked for; where it runs, what is promoted, served or kept is
        not.

        Of a user's HyperModel its name: what is in its files is a matter of each search.
        """
        content = self.model_dump(
            mode="json",
            exclude={
                "runner": True,
                "promotion": True,
                "retention": True,
                "serving": True,
                "output": True,
                "space": {"files", "requirements"},
                "search": {"generation", "reuse"},
            },
        )
        content["space"]["hypermodel"] = (self.space.hypermodel or "").split("/")[-1] or None
        return content

    def identity(self) -> str:
        """A digest of :meth:`identity_content`."""
        content = json.dumps(self.identity_content(), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]
