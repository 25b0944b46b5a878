"""search.yaml: what a user asks for. The same file means the same on a laptop and on a cluster."""

import hashlib
import json
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from kubenas.config.promotion import PromotionConfig
from kubenas.config.runner import RunnerConfig
from kubenas.config.search import SearchConfig
from kubenas.config.serving import ServingConfig
from kubenas.trial import Value

NAME = r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$"
"""What searches and schedules may be called."""


class DataConfig(Value):
    """``data:`` where the labelled examples are and how they are split."""

    source: str = Field(
        min_length=1,
        description="Labelled data: an .npz with x and y, a folder or .zip with a folder per"
        " class, or 'digits' (scikit-learn's bundled set). A path or a URI.",
    )
    task: Literal["image-classification"] = Field(
        "image-classification", description="What is learned from the data."
    )
    test_fraction: float = Field(
        0.15, gt=0, lt=0.9, description="Share of the examples kept for the final test (0 to 0.9)."
    )
    validation_fraction: float = Field(
        0.15,
        gt=0,
        lt=0.9,
        description="Share of the examples that trials are scored on (0 to 0.9).",
    )
    seed: int = Field(
        1, ge=0, description="Seed of the split; an example stays on its side when data is added."
    )
    image_size: tuple[int, int] | None = Field(
        None,
        description="Height and width in pixels to resize pictures to, as a list; empty:"
        " their own size, or the median size where they differ.",
    )

    @model_validator(mode="after")
    def _leaves_training_data(self) -> Self:
        if self.test_fraction + self.validation_fraction >= 0.95:
            raise ValueError(
                "test_fraction and validation_fraction must leave at least 0.05 for training"
            )
        if self.image_size is not None and not all(1 <= side <= 4096 for side in self.image_size):
            raise ValueError("image_size must be two whole numbers from 1 to 4096")
        return self


class SpaceConfig(Value):
    """``space:`` which networks may be built."""

    name: str | None = Field(
        None, description="A registered space ('kubenas spaces' lists them); empty: layers."
    )
    hypermodel: str | None = Field(
        None,
        description="Your own keras_tuner.HyperModel instead, as file.py:Name with a path or a"
        " URI before it: a class, an instance or a function build(hp). Runs only in trial"
        " processes. Empty: the named space.",
    )
    files: tuple[str, ...] = Field(
        (),
        description="Files that the hypermodel reads beside those that its sources name, as a list"
        " of patterns such as vocab/*.txt, relative to its folder; empty: none.",
    )
    requirements: str | None = Field(
        None,
        description="File beside the hypermodel's that lists the packages which it needs, such as"
        " requirements.txt; trials check that they are installed. Empty: none is checked.",
    )
    options: dict[str, Any] = Field(
        {},
        description='Options of the named space, as an object, such as {"max_layers": 6};'
        " empty: the space's defaults.",
    )

    @model_validator(mode="after")
    def _one_of_name_and_hypermodel(self) -> Self:
        if self.name and self.hypermodel:
            raise ValueError("give either 'name' or 'hypermodel', not both")
        if self.hypermodel:
            file, _, cls = self.hypermodel.rpartition(":")
            if not file.endswith(".py") or not cls.isidentifier():
                raise ValueError("hypermodel must look like 'my_module.py:MyHyperModel'")
        return self

    @model_validator(mode="after")
    def _files_of_the_hypermodels_folder(self) -> Self:
        for key, paths in {"files": self.files, "requirements": (self.requirements,)}.items():
            for path in filter(None, paths):
                if not self.hypermodel:
                    raise ValueError(f"{key} belongs to a 'hypermodel' of your own; give one")
                if "://" in path or path.startswith("/") or ".." in path.split("/"):
                    raise ValueError(f"{key}: '{path}' must lie in the hypermodel's folder")
        return self


class TrainingConfig(Value):
    """``training:`` how every trial is trained."""

    epochs: int = Field(8, ge=1, le=100_000, description="Epochs of a trial at the most.")
    batch_size: int = Field(64, ge=1, le=65_536, description="Examples in one training step.")
    patience: int = Field(
        3, ge=0, description="Epochs without improvement after which a trial ends early; 0: never."
    )
    max_trial_seconds: float | None = Field(
        None, gt=0, description="Seconds after which one trial is killed; empty: no limit."
    )


class RetrainConfig(Value):
    """``retrain:`` the winners are trained again before one is chosen."""

    candidates: int = Field(2, ge=1, le=100, description="How many of the best trials to retrain.")
    seeds: int = Field(2, ge=1, le=100, description="Fresh seeds for each of them.")
    epochs: int | None = Field(
        None, ge=1, description="Epochs of a retraining at the most; empty: as many as a trial."
    )


class RetentionConfig(Value):
    """``retention:`` what ``kubenas gc`` leaves in the output. Changes nothing about the search."""

    searches: int = Field(
        3, ge=1, description="Searches to keep, the newest; older ones go with all they hold."
    )
    champions: int = Field(
        3,
        ge=1,
        description="Searches to keep besides, for their models: those of the champion and of the"
        " ones before it, which a rollback can name.",
    )
    checkpoints: Literal["none", "failed", "all"] = Field(
        "none",
        description="Whose checkpoints stay once nothing resumes from them: none's, those of"
        " failed trials, or all.",
    )


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

    def identified(self) -> dict[str, Any]:
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
        """A digest of :meth:`identified`."""
        content = json.dumps(self.identified(), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]
