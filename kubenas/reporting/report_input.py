"""The input of a report."""

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
"""Minimum number of trials of a rung for plots and comparisons."""


@dataclass(frozen=True)
class Epoch:
    """One line of an attempt's history.jsonl. ``epoch`` counts from 0."""

    epoch: int
    seconds: float
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Retrained:
    """A candidate of the search, retrained with a new seed."""

    trial: int
    seed: int
    score: float | None
    """None if it failed or was trained on the validation split, too."""
    seconds: float = 0.0
    epochs: int = 0
    message: str = ""
    """Reason for a missing score, in one line."""
    with_validation: bool = False
    """Whether it was trained on the validation split, too."""


@dataclass(frozen=True)
class Winner:
    """The selected network.

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
    precision: str | None = None
    """Keras' dtype policy of its training."""


@dataclass(frozen=True)
class ReportInput:
    """All data of a report. Fields with a default may be missing while the search runs."""

    config: Config
    search: str
    state: SearchState
    direction: Literal["max", "min"]
    written: Config | None = None
    """The config as the user wrote it; ``config`` has the defaults."""
    schema: DataSchema | None = None
    """None for a search of kubenas.Tuner, whose data can be of any kind."""
    card: Mapping[str, Any] = field(default_factory=dict)
    """The content of the data set's card.json."""
    drift: Drift | None = None
    """Drift from the data of the champion or, without a champion, of the previous search."""
    examples: bytes | None = None
    """The data set's examples.png."""
    histories: Mapping[int, tuple[Epoch, ...]] = field(default_factory=dict)
    """Learning curves by trial number."""
    winner: Winner | None = None
    """None until a network is selected; the best trial so far is shown instead."""
    retrained: tuple[Retrained, ...] = ()
    default_trial: int | None = None
    """Trial of the default network of the space, if it was retrained."""
    evaluation: Evaluation | None = None
    prior: Prior | None = None
    """Source of the warm start; None if no warm start was requested."""
    decision: Decision | None = None
    """The promotion decision."""
    promotion: ChampionRecord | None = None
    """Record of the promotion in the champion log."""
    lineage: Lineage | None = None
    """Lineage of the model."""
    step_seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock seconds by step of the pipeline, in the order of the steps."""
    versions: Mapping[str, str] = field(default_factory=dict)
    finished: bool = False
    """Whether all steps of the pipeline are done."""

    @property
    def objective(self) -> str:
        """Name of the metric that scores trials."""
        return self.config.search.metric

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All objectives; the first is :attr:`objective`."""
        return objectives_of(self.config.search)

    @property
    def decided(self) -> bool:
        """Whether the winner is final, that is, selected from the retrained candidates."""
        return self.winner is not None and bool(self.retrained)

    @property
    def seconds_by_step(self) -> dict[str, float]:
        """Wall-clock seconds by step. The search is included while it is still running."""
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
        """Completed trials of one rung, whose scores are comparable, best first.

        The rung is the longest one with enough trials, else the one with the most trials. Without
        rungs these are all completed trials.
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
        """The winner or, until it is selected, the best trial; None if no trial has completed.

        Parameters, FLOPs and latency that the winner lacks are taken from its trial.
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
