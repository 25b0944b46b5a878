"""``promotion:`` of search.yaml: when a new model replaces the model in production."""

from typing import Literal

from pydantic import Field

from kubenas.trial import Value


class PromotionConfig(Value):
    """``promotion:`` rules for replacing the champion. They do not affect the search."""

    mode: Literal["auto", "always", "never"] = Field(
        "auto",
        description="auto: promote after a comparison with the model in production; always:"
        " promote if all limits are met; never: do not promote.",
    )
    margin: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Required gain in test accuracy of a better model, and tolerated loss of a"
        " cheaper model.",
    )
    confidence: float = Field(
        0.95,
        ge=0.5,
        lt=1,
        description="Level of the confidence interval of the gain; its lower bound decides.",
    )
    cheaper: float = Field(
        0.8,
        gt=0,
        lt=1,
        description="A model is cheaper if it has at most this share of the champion's weights or"
        " operations, and not more of the other.",
    )
    min_examples: int = Field(
        100, ge=1, description="Minimum number of test examples for a promotion."
    )
    max_fall: float = Field(
        0.1,
        gt=0,
        le=1,
        description="If the test accuracy of both models falls by this much below the champion's"
        " accuracy at its promotion, the data is considered suspicious and nothing is promoted; 1:"
        " off.",
    )
    max_latency_ms: float | None = Field(
        None,
        gt=0,
        description="Maximum latency in milliseconds per example, on the evaluation machine;"
        " empty: no limit.",
    )
    max_model_mib: float | None = Field(
        None, gt=0, description="Maximum size of the model's weights in MiB; empty: no limit."
    )
    min_recall: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Minimum recall of every class on the test split, 0 to 1; empty: no limit.",
    )
