"""Training parameters of an attempt and limits of its network."""

from typing import Literal, TypeAlias

from pydantic import Field

from kubenas.trial.value import Value


class Limits(Value):
    """Limits of a network. A network that exceeds one of them is not trained."""

    parameters: int | None = Field(
        None, ge=1, description="Maximum number of weights; empty: no limit."
    )
    flops: int | None = Field(
        None,
        ge=1,
        description="Maximum floating-point operations per example; a multiplication and an"
        " addition count as two. Empty: no limit.",
    )
    latency_ms: float | None = Field(
        None,
        gt=0,
        description="Milliseconds of inference per example at most, on the machine that trains the"
        " network; empty: no limit.",
    )
    memory_mib: float | None = Field(
        None,
        gt=0,
        description="Maximum memory for training in MiB, estimated from the weights, the optimiser"
        " and the activations of one batch; empty: no limit.",
    )
    model_mib: float | None = Field(
        None, gt=0, description="Maximum size of the model's weights in MiB; empty: no limit."
    )


RateScheduleName: TypeAlias = Literal["none", "cosine", "wsd"]
"""A learning rate schedule; see :mod:`kubenas.training.fit.rate_schedule`."""


Precision: TypeAlias = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
"""Precision of a training; see :mod:`kubenas.training.model.precision`."""


class TrainingPlan(Value):
    """Training parameters of an attempt."""

    epochs: int = Field(ge=1, description="total epochs, including those of earlier attempts")
    batch_size: int = Field(ge=1)
    patience: int = Field(
        ge=0, description="epochs without improvement before stopping early; 0: never"
    )
    seed: int
    schedule: RateScheduleName = Field(
        "none", description="learning rate schedule; 'none': the optimiser's own"
    )
    average_decay: float = Field(
        0.0, ge=0, lt=1, description="decay of the average of the weights; 0: no average"
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none", description="weights of the classes in the training loss"
    )
    precision: Precision = Field(
        "auto", description="precision of the computations; 'auto': as suits the device"
    )
    with_validation: bool = Field(False, description="train on the validation split, too")
    objective: str = Field(description="a metric of the model, such as val_accuracy")
    direction: Literal["max", "min"]
    further_metrics: tuple[str, ...] = Field(
        (), description="further metrics that the result must contain"
    )
    checkpoint_seconds: float = Field(30.0, ge=0, description="minimum time between checkpoints")
    keep_model: bool = Field(False, description="save the weights of the best epoch")
    keep_checkpoint: bool = Field(False, description="keep the last checkpoint for later training")
    limits: Limits = Field(Limits(), description="limits of the model, checked before training")
