"""``search:`` of search.yaml: how the space is explored, and when to stop."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from kubenas.config.metric_direction import infer_direction
from kubenas.trial import Limits, Value

COSTS = ("parameters", "flops", "latency_ms")
"""What a network costs, whatever it was trained on: may be an objective besides a metric."""

LAST_SEARCH = "last"
"""In ``search.warm_start``: the search before this one in the same output."""


class RungsConfig(Value):
    """``search.rungs:`` trials are trained briefly, and only the better ones further."""

    eta: int | None = Field(
        None,
        ge=2,
        le=16,
        description="One in so many trials of a rung is trained further, about so many times as"
        " long; 3 or 4 are usual. Empty: every trial is trained at full length.",
    )
    min_epochs: int = Field(
        2,
        ge=1,
        description="Epochs of the lowest rung at the least. A trial's start costs as much as some"
        " epochs, and the score after one says little.",
    )


class SearchConfig(Value):
    """``search:`` how the space is explored and when to stop."""

    oracle: str = Field(
        "auto", description="Which algorithm proposes trials ('kubenas oracles' lists them)."
    )
    objective: str = Field(
        "val_accuracy",
        description="Metric that scores a trial, as Keras names it. Several, with commas between:"
        " the best trade-offs are looked for, also with parameters, flops and latency_ms.",
    )
    direction: Literal["max", "min"] | None = Field(
        None,
        description="'max' or 'min', of the first objective; empty: as its name says, which must"
        " then be that of a metric or loss of Keras.",
    )
    max_trials: int = Field(12, ge=1, le=100_000, description="Trials to run at the most.")
    max_seconds: float | None = Field(
        None, gt=0, description="Seconds that the search may take; empty: no limit."
    )
    max_gpu_hours: float | None = Field(
        None,
        gt=0,
        description="Accelerator-hours that all trials may use, lost attempts included, as by"
        " runner.pod; no trial is started that cannot end within them. Empty: no limit.",
    )
    max_cost: float | None = Field(
        None,
        gt=0,
        description="Money that all trials may cost at runner.price_per_hour; no trial is started"
        " that cannot end within it. Empty: no limit.",
    )
    target_score: float | None = Field(
        None, description="Stop when a trial scores this well; empty: use the whole budget."
    )
    warm_start: tuple[str, ...] = Field(
        (),
        description="Results to begin from, as a list: 'last', which is the search before"
        " this one in the same output; earlier outputs, searches in them, or .csv tables with a"
        " column for each hyperparameter and a 'score'. Empty: none.",
    )
    reuse: Literal["last-best"] | None = Field(
        None,
        description="'last-best': no search; the network of the model in production is trained"
        " again on these data. While there is none yet, the search is run. Empty: search.",
    )
    baseline_share: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Share of the networks that are drawn at random, to measure what random search"
        " would have reached at equal cost; 0: it is estimated from what there is.",
    )
    limits: Limits = Limits()
    rungs: RungsConfig = RungsConfig()
    seed: int = Field(1, ge=0, description="Seed of the search; the same seed proposes the same.")
    generation: int = Field(
        1, ge=1, description="Raise it to search again from scratch with the same config and data."
    )

    @field_validator("objective", mode="before")
    @classmethod
    def _joined(cls, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _objectives_make_sense(self) -> Self:
        names = self.objectives
        if not all(names) or len(set(names)) < len(names):
            raise ValueError("objective: give one metric, or different ones with commas between")
        if self.metric in COSTS:
            raise ValueError(
                f"objective: begin with a metric of the training, such as val_accuracy;"
                f" '{self.metric}' may follow"
            )
        self._directions_are_known()
        if len(names) > 1 and (self.oracle == "hyperband" or "keras_tuner." in self.oracle):
            raise ValueError(f"objective: {self.oracle} takes one only; use another oracle")
        return self

    def _directions_are_known(self) -> None:
        if self.direction is None and infer_direction(self.metric) is None:
            raise ValueError(
                f"direction: give max or min: whether more or less of '{self.metric}' is better"
                " cannot be told from its name"
            )
        for name in self.objectives[1:]:
            if name not in COSTS and infer_direction(name) is None:
                raise ValueError(
                    f"objective: whether more or less of '{name}' is better cannot be told from"
                    " its name; put it first and give search.direction"
                )

    @property
    def objectives(self) -> tuple[str, ...]:
        """All objectives by name."""
        return tuple(name.strip() for name in self.objective.split(","))

    @property
    def metric(self) -> str:
        """The one that scores a trial."""
        return self.objectives[0]
