"""``training:`` of search.yaml: how every trial is trained."""

from pydantic import Field

from kubenas.trial import Value


class TrainingConfig(Value):
    """``training:`` how every trial is trained."""

    epochs: int = Field(8, ge=1, le=100_000, description="Epochs of a trial at the most.")
    batch_size: int = Field(64, ge=1, le=65_536, description="Examples in one training step.")
    patience: int = Field(
        3, ge=0, description="Epochs without improvement after which a trial ends early; 0: never."
    )
    max_trial_seconds: float | None = Field(
        None, gt=0, description="Seconds after which one trial is killed; empty: no limit."
    )
