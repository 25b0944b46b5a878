"""``training:`` of search.yaml: training of the trials."""

from pydantic import Field

from kubenas.trial import Value


class TrainingConfig(Value):
    """``training:`` training of the trials."""

    epochs: int = Field(8, ge=1, le=100_000, description="Epochs of a trial at most.")
    batch_size: int = Field(64, ge=1, le=65_536, description="Examples per training batch.")
    patience: int = Field(
        3,
        ge=0,
        description="Epochs without improvement before early stopping; 0: no early stopping.",
    )
    max_trial_seconds: float | None = Field(
        None, gt=0, description="Time limit of a trial in seconds; empty: no limit."
    )
