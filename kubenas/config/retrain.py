"""``retrain:`` of search.yaml: retraining of the best trials."""

from pydantic import Field

from kubenas.trial import Value


class RetrainConfig(Value):
    """``retrain:`` retraining of the best trials before one is selected."""

    candidates: int = Field(2, ge=1, le=100, description="Number of best trials to retrain.")
    seeds: int = Field(2, ge=1, le=100, description="Number of new seeds for each of them.")
    epochs: int | None = Field(
        None, ge=1, description="Epochs of a retraining at most; empty: as for trials."
    )
