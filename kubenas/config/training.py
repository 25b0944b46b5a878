"""``training:`` of search.yaml: training of the trials."""

from typing import Literal

from pydantic import Field

from kubenas.trial import Precision, Value


class TrainingConfig(Value):
    """``training:`` training of the trials."""

    epochs: int = Field(
        0,
        ge=0,
        le=100_000,
        description="Epochs of a trial at most. 0: 12 to 81, more for fewer examples.",
    )
    batch_size: int = Field(64, ge=1, le=65_536, description="Examples per training batch.")
    schedule: Literal["auto", "none", "cosine", "wsd"] = Field(
        "auto",
        description="Learning rate schedule: 'cosine', 'wsd' (warm-up, constant rate, decay in the"
        " last third, so that rungs can continue a training), or 'none' (the optimizer's own)."
        " 'auto': for registered spaces wsd with rungs and cosine without, else none.",
    )
    patience: int | None = Field(
        None,
        ge=0,
        description="Epochs without improvement before early stopping; 0: no early stopping."
        " Empty: 3 without a learning rate schedule, none with one.",
    )
    average_weights: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Decay of an exponential moving average of the weights, such as 0.999, with"
        " which a model is validated and exported; 0: no average.",
    )
    class_weights: Literal["none", "balanced"] = Field(
        "none",
        description="Weights of the classes in the training loss: 'balanced' gives each class the"
        " same share of it, for data with rare classes; 'none' counts each example once.",
    )
    precision: Precision = Field(
        "auto",
        description="Precision of the training: 'mixed_bfloat16' or 'mixed_float16' for GPUs that"
        " compute faster in 16 bits, or 'float32'. 'auto': for registered spaces the first of them"
        " that the GPU supports, and float32 without such a GPU.",
    )
    max_trial_seconds: float | None = Field(
        None, gt=0, description="Time limit of a trial in seconds; empty: no limit."
    )
