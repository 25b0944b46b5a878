"""The lineage of a model: data, training, search, decision and promotion."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from kubenas.reporting.formatting import format_time, format_value
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.gate import Decision
from kubenas.trial import SearchId, SpaceRef, Value

NOT_KNOWN = "not known"


class DataLineage(Value):
    """The data that a model was trained on."""

    uri: str = Field(description="URI of the prepared data set's folder")
    digest: str
    source: str = Field(description="data.source of the config")
    split_seed: int


class TrainingLineage(Value):
    """The training run that produced the model."""

    prefix: str = Field(description="URI of the attempt's folder with its spec, history and log")
    seed_number: int = Field(description="number of the retraining, from 1")
    seed: int | None = Field(description="seed of the weights and the batches")
    score: float | None
    software: dict[str, str] = Field(description="package versions by name; empty if unknown")
    image: str | None = Field(description="container image; None if unknown")


class RunLineage(Value):
    """The process that ran the search."""

    at: float = Field(description="Unix time at which it started")
    host: str
    pod: str | None
    run: str | None = Field(description="id of the Kubeflow run; None if unknown or absent")
    workflow: str | None
    image: str | None


class Lineage(Value):
    """The lineage of one model. None marks a value that is unknown or not available yet."""

    search: SearchId
    trial: int | None = Field(description="trial of the search")
    values: dict[str, Any] = Field(description="hyperparameters of the network")
    model: str | None = Field(description="URI of the SavedModel's folder")
    training: TrainingLineage | None
    data: DataLineage
    run: RunLineage | None
    space: SpaceRef
    config: str = Field(description="URI of search.json, which holds the whole config")
    config_digest: str
    search_seed: int
    search_software: dict[str, str]
    began_with: tuple[str, ...] = Field(description="URIs of the warm start's sources")
    decision: Decision | None
    promotion: ChampionRecord | None = Field(description="record of its promotion")
    predecessor: ChampionRecord | None = Field(description="record of the champion before")
    in_production: bool

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yields labels and texts of all entries. Unknown values are shown as such."""
        yield "Model", self.model or "not exported yet"
        yield "In production", _production(self)
        yield "Previous champion", _previous(self)
        yield "Decision", _decision(self.decision)
        yield "Search", f"{self.search}, seed {self.search_seed}"
        yield "Trial", NOT_KNOWN if self.trial is None else f"{self.trial}: {_listed(self.values)}"
        yield from _training(self.training)
        data = self.data
        yield "Data", f"{data.digest}, from {data.source}, split seed {data.split_seed}"
        yield "Prepared data", data.uri
        space = self.space
        yield "Space", space.hypermodel or f"{space.name} {_listed(space.options)}".strip()
        if space.weights:
            yield "Pretrained weights", space.weights
        yield "Config", f"{self.config_digest}, in {self.config}"
        if self.began_with:
            yield "Warm start", ", ".join(self.began_with)
        yield "Software (search)", _listed(self.search_software) or NOT_KNOWN
        yield from _run(self.run)


def _production(lineage: Lineage) -> str:
    record = lineage.promotion
    if record is None:
        return "never"
    state = "since" if lineage.in_production else "no longer; promoted"
    return f"{state} {format_time(record.at)}, record {record.number}: {record.why}"


def _previous(lineage: Lineage) -> str:
    if lineage.promotion is None:
        return "none: the model was not promoted"
    before = lineage.predecessor
    if before is None:
        return "none: this was the first champion"
    return f"record {before.number}, of search {before.model.search}"


def _decision(decision: Decision | None) -> str:
    if decision is None:
        return "none yet"
    return f"{decision.verdict} ({decision.ground}): {decision.reason}"


def _training(training: TrainingLineage | None) -> Iterator[tuple[str, str]]:
    if training is None:
        yield "Training", "not retrained yet"
        return
    drawn = NOT_KNOWN if training.seed is None else training.seed
    yield "Training", f"retraining {training.seed_number}, seed {drawn}, in {training.prefix}"
    yield "Software (training)", _listed(training.software) or NOT_KNOWN
    yield "Image (training)", training.image or NOT_KNOWN


def _run(run: RunLineage | None) -> Iterator[tuple[str, str]]:
    if run is None:
        yield "Run", NOT_KNOWN
        return
    parts = [f"on {run.host}"]
    parts += [f"Kubeflow run {run.run}"] if run.run else []
    parts += [f"workflow {run.workflow}"] if run.workflow else []
    yield "Run", ", ".join(parts)
    yield "Image (search)", run.image or NOT_KNOWN


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {format_value(value)}" for name, value in values.items())
