"""``retrain:`` of search.yaml: how the best trials are trained again."""

from pydantic import Field

from kubenas.trial import Value


class RetrainConfig(Value):
    """``retrain:`` the winners are trained again before one is chosen."""

    candidates: int = Field(2, ge=1, le=100, description="How many of the best trials to retrain.")
    seeds: int = Field(2, ge=1, le=100, description="Fresh seeds for each of them.")
    epochs: int | None = Field(
        None, ge=1, description="Epochs of a retraining at the most; empty: as many as a trial."
    )
