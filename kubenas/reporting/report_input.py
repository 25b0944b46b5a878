"""Everything that a report is made of, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kubenas.config import Config
from kubenas.data.dataset.schema import DataSchema
from kubenas.data.drift import Drift
from kubenas.reporting.lineage import Lineage
from kubenas.search.journal import SearchState, TrialState
from kubenas.search.objectives import Objective, objectives_of
from kubenas.search.warm_start import Prior
from kubenas.serving.champion import ChampionRecord
from kubenas.serving.gate import Decision
from kubenas.training.evaluation import Evaluation
from kubenas.trial import Outcome

_MIN_PEERS = 10
"""Trials of a rung for plots and comparisons."""


@dataclass(frozen=True)
class Epoch:
    """One line of an attempt's history.jsonl. ``epoch`` counts from 0."""

    epoch: int
    seconds: float
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Retrained:
    """A candidate of the search, trained again with a fresh seed."""

    trial: int
    seed: int
    score: float | None
    seconds: float = 0.0
    epochs: int = 0
    message: str = ""
    """Why there is no score, in one line."""


@dataclass(frozen=True)
class Winner:
    """The network that was chosen.

    ``architecture`` is the content of its architecture.json, ``values`` its hyperparameters.
    """

    trial: int
    values: Mapping[str, Any]
    architecture: Mapping[str, Any] | None = None
    model: str | None = None
    """URI of the exported model."""
    parameters: int | None = None
    latency_ms: float | None = None
    flops: int | None = None


@dataclass(frozen=True)
class ReportInput:
    """What is known so far. All that has a default may be missing: a search that still runs."""

    config: Config
    search: str
    state: SearchState
    direction: Literal["max", "min"]
    schema: DataSchema | None = None
    """None: the data are what a user gave to kubenas.Tuner, of whatever kind."""
    card: Mapping[str, Any] = field(default_factory=dict)
    """The content of the data set's card.json."""
    drift: Drift | None = None
    """How the data differ from those of the champion or, without one, of the search before."""
    examples: bytes | None = None
    """The data set's examples.png."""
    histories: Mapping[int, tuple[Epoch, ...]] = field(default_factory=dict)
    """Learning curves by trial number."""
    winner: Winner | None = None
    """None: the best trial so far stands in for it."""
    retrained: tuple[Retrained, ...] = ()
    evaluation: Evaluation | None = None
    prior: Prior | None = None
    """What the search began with; None: it was not asked to begin with anything."""
    decision: Decision | None = None
    """On the model's promotion."""
    promotion: ChampionRecord | None = None
    """The record by which the model became the champion."""
    lineage: Lineage | None = None
    """Where the model came from."""
    step_seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock by step of the pipeline, in the steps' order."""
    versions: Mapping[str, str] = field(default_factory=dict)
    finished: bool = False
    """Whether the whole pipeline is through."""

    @property
    def objective(self) -> str:
        """The metric that scores trials."""
        return self.config.search.metric

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All of them; the first is :attr:`objective`."""
        return objectives_of(self.config.search)

    @property
    def decided(self) -> bool:
        """Whether the winner is final: chosen among those that were trained again."""
        return self.winner is not None and bool(self.retrained)

    @property
    def seconds_by_step(self) -> dict[str, float]:
        """Wall-clock by step. A step tells its own at its end; of the search more is known."""
        known = dict(self.step_seconds)
        if not self.finished:
            known["search"] = max(known.get("search", 0.0), self.state.active_seconds)
        return known

    @property
    def ranked(self) -> list[TrialState]:
        """Completed trials, best first."""
        return self.state.ranked(self.direction)

    @property
    def peers(self) -> list[TrialState]:
        """Completed trials whose scores compare, best first: those of one rung.

        It is the longest with enough of them, else the one with the most. Without rungs these
        are all completed trials.
        """
        rungs: dict[int, list[TrialState]] = {}
        for trial in self.state.ended(Outcome.COMPLETED):
            if trial.proposal.duplicate_of is None and trial.end and trial.end.score is not None:
                rungs.setdefault(trial.rung, []).append(trial)
        if not rungs:
            return []
        enough = [rung for rung, trials in rungs.items() if len(trials) >= _MIN_PEERS]
        rung = max(enough) if enough else max(rungs, key=lambda r: (len(rungs[r]), r))
        sign = -1 if self.direction == "max" else 1
        return sorted(rungs[rung], key=lambda t: (sign * _score(t), t.number))

    @property
    def chosen(self) -> Winner | None:
        """The winner, or the best trial so far; None while no trial has completed.

        Costs that the winner does not carry are those of its trial.
        """
        trial = self._chosen_trial()
        if trial is None or trial.end is None:
            return self.winner
        end, known = trial.end, self.winner
        if known is None:
            known = Winner(trial.number, trial.used_values)
        return Winner(
            trial=known.trial,
            values=known.values,
            architecture=known.architecture,
            model=known.model,
            parameters=known.parameters if known.parameters is not None else end.parameters,
            latency_ms=known.latency_ms if known.latency_ms is not None else end.latency_ms,
            flops=known.flops if known.flops is not None else end.flops,
        )

    def _chosen_trial(self) -> TrialState | None:
        if self.winner is not None:
            return self.state.trials.get(self.winner.trial)
        ranked = self.ranked
        return ranked[0] if ranked else None


def _score(trial: TrialState) -> float:
    if trial.end is None or trial.end.score is None:
        raise ValueError(f"trial {trial.number} has no score")
    return trial.end.score
