"""``retrain:`` of search.yaml: retraining of the best trials."""

from pydantic import Field

from kubenas.trial import Value


class RetrainConfig(Value):
    """``retrain:`` retraining of the best trials before one is selected."""

    candidates: int = Field(
        2, ge=1, le=100, description="Number of best trials to retrain; fewer if time is short."
    )
    seeds: int = Field(
        2, ge=1, le=100, description="Number of seeds for each of them; fewer if time is short."
    )
    epochs: int | None = Field(
        None,
        ge=1,
        description="Epochs of a retraining at most. Empty: as for trials, and up to three times as"
        " many if there is a time limit that allows it.",
    )
    default_network: bool = Field(
        True,
        description="Also retrain the default network of a registered space, if it was a trial and"
        " there is time: the report compares the chosen network with it, and it is chosen if it is"
        " better.",
    )
    with_validation: bool = Field(
        True,
        description="Train on the validation split, too, if a single model of a registered space is"
        " retrained, and no default network: then no score is needed to choose among models.",
    )
    max_seconds: float | None = Field(
        None,
        gt=0,
        description="Time limit of all retrainings in seconds; empty: search.max_seconds, and what"
        " the search left of it.",
    )
