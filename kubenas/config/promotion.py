"""``promotion:`` of search.yaml: when a new model takes the place of the one in production."""

from typing import Literal

from pydantic import Field

from kubenas.trial import Value


class PromotionConfig(Value):
    """``promotion:`` the new model against the champion. Changes nothing about the search."""

    mode: Literal["auto", "always", "never"] = Field(
        "auto",
        description="auto: by comparison with the model in production; always: whenever the limits"
        " hold; never: what is in production stays.",
    )
    margin: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Gain in test accuracy that a better model must show; a cheaper one must not"
        " lose as much.",
    )
    confidence: float = Field(
        0.95,
        ge=0.5,
        lt=1,
        description="Confidence of the interval of the gain, whose low end decides.",
    )
    cheaper: float = Field(
        0.8,
        gt=0,
        lt=1,
        description="A model with at most this share of the champion's weights or operations, and"
        " no more of either, is cheaper.",
    )
    min_examples: int = Field(
        100, ge=1, description="Test examples without which nothing takes the champion's place."
    )
    max_fall: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Fall in test accuracy, of both models, below what the champion had when it was"
        " promoted, from which the data are suspected and nothing is promoted; 1: never.",
    )
    max_latency_ms: float | None = Field(
        None,
        gt=0,
        description="Milliseconds for one example at the most, on the machine that evaluates;"
        " empty: no limit.",
    )
    max_model_mib: float | None = Field(
        None, gt=0, description="MiB of the model's weights at the most; empty: no limit."
    )
    min_recall: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of every class's test examples that must be recognised; empty: no"
        " limit.",
    )
