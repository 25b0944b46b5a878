"""``evaluation:`` and ``promotion:`` of search.yaml.

What a new model is compared with on the test split, and when it replaces the model in production.
"""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from kubenas.trial import Value


class EvaluationConfig(Value):
    """``evaluation:`` comparisons of the report. They do not affect the search."""

    backbone: str | None = Field(
        None,
        description="Pretrained network for a comparison: the report also evaluates a linear model"
        " on its features. Path or URI of a model that Keras saved (.keras). Empty: none.",
    )
    backbone_options: dict[str, Any] = Field(
        {},
        description="Options of this network, as an object with options of the space transfer, such"
        ' as {"pixels": "-1..1"}; empty: the space\'s defaults.',
    )

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.backbone_options and not self.backbone:
            raise ValueError("backbone_options: require a 'backbone'")
        return self


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
