"""Where a model came from: a frozen value, and the same in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from kubenas.reporting.formatting import moment, plain
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.gate import Decision
from kubenas.trial import SpaceRef, Value

NOT_KNOWN = "not known"


class DataLineage(Value):
    """The data that a model was trained on."""

    uri: str = Field(description="of the prepared data set's folder")
    digest: str
    source: str = Field(description="as the config named it")
    split_seed: int


class TrainingLineage(Value):
    """The training that made the model."""

    prefix: str = Field(description="URI of the attempt's folder, with its spec, history and log")
    seed_number: int = Field(description="which of the retrainings, counted from 1")
    seed: int | None = Field(description="that weights and batches were drawn with")
    score: float | None
    software: dict[str, str] = Field(description="versions, by package; empty: not known")
    image: str | None = Field(description="container image; None: not known")


class RunLineage(Value):
    """Who ran the search."""

    at: float = Field(description="Unix time at which it was taken up")
    host: str
    pod: str | None
    run: str | None = Field(description="id of the Kubeflow run; None: not known, or there is none")
    workflow: str | None
    image: str | None


class Lineage(Value):
    """From a model to everything that it came from. None: not known, or not come to yet."""

    search: str
    trial: int | None = Field(description="the candidate in the search")
    values: dict[str, Any] = Field(description="hyperparameters of the network")
    model: str | None = Field(description="URI of the SavedModel's folder")
    training: TrainingLineage | None
    data: DataLineage
    run: RunLineage | None
    space: SpaceRef
    config: str = Field(description="URI of search.json, with the whole config")
    config_digest: str
    search_seed: int
    search_software: dict[str, str]
    began_with: tuple[str, ...] = Field(description="URIs of the warm start's sources")
    decision: Decision | None
    promotion: ChampionRecord | None = Field(description="by which it went into production")
    predecessor: ChampionRecord | None = Field(description="the promotion that it followed")
    in_production: bool

    def rows(self) -> Iterator[tuple[str, str]]:
        """All of it as labels and texts. What is not known is said."""
        yield "Model", self.model or "not exported yet"
        yield "In production", _production(self)
        yield "Follows", _predecessor(self)
        yield "Decision", _decision(self.decision)
        yield "Search", f"{self.search}, seed {self.search_seed}"
        yield "Trial", NOT_KNOWN if self.trial is None else f"{self.trial}: {_listed(self.values)}"
        yield from _training(self.training)
        data = self.data
        yield "Data", f"{data.digest}, from {data.source}, split by seed {data.split_seed}"
        yield "Data are at", data.uri
        space = self.space
        yield "Space", space.hypermodel or f"{space.name} {_listed(space.options)}".strip()
        yield "Config", f"{self.config_digest}, in {self.config}"
        if self.began_with:
            yield "Began with", ", ".join(self.began_with)
        yield "Software of the search", _listed(self.search_software) or NOT_KNOWN
        yield from _run(self.run)


def _production(lineage: Lineage) -> str:
    record = lineage.promotion
    if record is None:
        return "never was"
    state = "since" if lineage.in_production else "no longer; it was from"
    return f"{state} {moment(record.at)}, by record {record.number}: {record.why}"


def _predecessor(lineage: Lineage) -> str:
    if lineage.promotion is None:
        return "nothing: it was not promoted"
    before = lineage.predecessor
    if before is None:
        return "no model: it was the first"
    return f"record {before.number}, of search {before.model.search}"


def _decision(decision: Decision | None) -> str:
    if decision is None:
        return "none yet"
    return f"{decision.verdict} ({decision.ground}): {decision.reason}"


def _training(training: TrainingLineage | None) -> Iterator[tuple[str, str]]:
    if training is None:
        yield "Trained", "not trained again yet"
        return
    drawn = NOT_KNOWN if training.seed is None else training.seed
    yield "Trained", f"retraining {training.seed_number}, seed {drawn}, in {training.prefix}"
    yield "Software when trained", _listed(training.software) or NOT_KNOWN
    yield "Image when trained", training.image or NOT_KNOWN


def _run(run: RunLineage | None) -> Iterator[tuple[str, str]]:
    if run is None:
        yield "Run", NOT_KNOWN
        return
    parts = [f"on {run.host}"]
    parts += [f"Kubeflow run {run.run}"] if run.run else []
    parts += [f"workflow {run.workflow}"] if run.workflow else []
    yield "Run", ", ".join(parts)
    yield "Image of the search", run.image or NOT_KNOWN


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {plain(value)}" for name, value in values.items())
