"""``search:`` of search.yaml: the search algorithm, its objectives and its budget."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from kubenas.config.metric_direction import infer_direction
from kubenas.trial import Limits, Value

COSTS = ("parameters", "flops", "latency_ms")
"""Costs of a network that can be objectives in addition to a metric."""

_DEFAULT_TRIALS = 24

LAST_SEARCH = "last"
"""Value of ``search.warm_start`` for the previous search in the same output."""


class RungsConfig(Value):
    """``search.rungs:`` successive halving, which promotes only the better trials."""

    eta: int | None = Field(
        None,
        ge=1,
        le=16,
        description="Reduction factor of successive halving: at least 1 in eta trials of a rung is"
        " promoted and trained about eta times as long; usually 3 or 4. 1: no rungs. Empty: 3 for"
        " one objective, a registered space and at least 16 trials; else no rungs.",
    )
    min_epochs: int = Field(
        2,
        ge=1,
        description="Epochs of the lowest rung at least. Values below 2 are rarely useful:"
        " starting a trial takes as long as some epochs, and early scores are noisy.",
    )

    @property
    def factor(self) -> int | None:
        """The reduction factor; None if the search has no rungs."""
        return None if self.eta == 1 else self.eta


class SearchConfig(Value):
    """``search:`` the search algorithm, its objectives and its budget."""

    oracle: str = Field(
        "auto", description="Search algorithm that proposes trials (see 'kubenas oracles')."
    )
    objective: str = Field(
        "val_accuracy",
        description="Keras name of the metric that scores a trial. Several, separated by commas,"
        " define a multi-objective search; parameters, flops and latency_ms are also possible.",
    )
    direction: Literal["max", "min"] | None = Field(
        None,
        description="'max' or 'min', for the first objective; empty: inferred from the name, which"
        " must be that of a Keras metric or loss.",
    )
    max_trials: int = Field(
        0,
        ge=0,
        le=100_000,
        description="Maximum number of trials. 0: 24, or no maximum if max_seconds or max_cost ends"
        " the search.",
    )
    max_seconds: float | None = Field(
        None, gt=0, description="Time limit of the search in seconds; empty: no limit."
    )
    max_gpu_hours: float | None = Field(
        None,
        gt=0,
        description="Budget of accelerator-hours for all trials, including lost attempts, as"
        " requested in runner.pod. Trials that would exceed it are not started. Empty: no limit.",
    )
    max_cost: float | None = Field(
        None,
        gt=0,
        description="Cost budget for all trials at runner.price_per_hour. Trials that would exceed"
        " it are not started. Empty: no limit.",
    )
    target_score: float | None = Field(
        None, description="Stop when a trial reaches this score; empty: use the whole budget."
    )
    warm_start: tuple[str, ...] = Field(
        (),
        description="Sources of a warm start, as a list: 'last' (the previous search in the same"
        " output), earlier outputs, searches in them, or .csv tables with a column for each"
        " hyperparameter and a 'score'. Empty: none.",
    )
    reuse: Literal["last-best"] | None = Field(
        None,
        description="'last-best': retrain the network of the model in production on the new data"
        " instead of a search. Without a model in production the search runs. Empty: search.",
    )
    baseline_share: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Share of trials reserved for a random search baseline, measured at equal"
        " cost; 0: the baseline is estimated from the random initial trials.",
    )
    limits: Limits = Limits()
    rungs: RungsConfig = RungsConfig()
    seed: int = Field(1, ge=0, description="Seed of the search; equal seeds give equal proposals.")
    generation: int = Field(
        1, ge=1, description="Increase it to repeat the search with the same config and data."
    )

    @field_validator("objective", mode="before")
    @classmethod
    def _join_objectives(cls, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _check_objectives(self) -> Self:
        names = self.objectives
        if not all(names) or len(set(names)) < len(names):
            raise ValueError(
                "objective: set one metric, or several different ones separated by commas"
            )
        if self.metric in COSTS:
            raise ValueError(
                f"objective: the first objective must be a training metric, such as val_accuracy;"
                f" '{self.metric}' can follow"
            )
        self._check_directions()
        if len(names) > 1 and (self.oracle == "hyperband" or "keras_tuner." in self.oracle):
            raise ValueError(
                f"objective: {self.oracle} supports a single objective; use another oracle"
            )
        return self

    def _check_directions(self) -> None:
        if self.direction is None and infer_direction(self.metric) is None:
            raise ValueError(
                f"direction: set max or min: the direction of '{self.metric}' cannot be inferred"
                " from its name"
            )
        for name in self.objectives[1:]:
            if name not in COSTS and infer_direction(name) is None:
                raise ValueError(
                    f"objective: the direction of '{name}' cannot be inferred from its name; put it"
                    " first and set search.direction"
                )

    @property
    def trial_limit(self) -> int | None:
        """Maximum number of trials; None if another budget ends the search."""
        if self.max_trials:
            return self.max_trials
        # Accelerator-hours end no search whose trials request no accelerator.
        return _DEFAULT_TRIALS if self.max_seconds is None and self.max_cost is None else None

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of all objectives."""
        return tuple(name.strip() for name in self.objective.split(","))

    @property
    def metric(self) -> str:
        """Name of the first objective, which scores trials."""
        return self.objectives[0]
