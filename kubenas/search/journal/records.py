"""What the journal says: one record an object, never changed once written."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from kubenas.trial import DeclaredHyperparameters, FailureClass, Outcome, Value

Origin = Literal["oracle", "random", "promotion", "baseline", "prior"]
"""Of a proposal: what was learnt, chance alone, a promotion to the next rung, a draw set aside for
comparison, or an earlier search."""


class Opened(Value):
    """A controller took the search up, for the first time or again."""

    kind: Literal["opened"] = "opened"
    at: float
    controller: str = Field(description="who: host, which is a pod's name, and process")
    epoch: int | None = Field(None, description="number of its tenure, where a Lease counts them")


class Proposed(Value):
    """The oracle proposed a trial."""

    kind: Literal["proposed"] = "proposed"
    at: float
    trial: int
    values: dict[str, Any] = Field(description="hyperparameter values, active ones only")
    oracle_trial: str = Field(description="the oracle's own id of this trial")
    oracle_state: dict[str, Any] | None = Field(
        None, description="get_state() of an oracle that cannot be given a recorded proposal"
    )
    duplicate_of: int | None = Field(None, description="trial with the same network; not trained")
    epochs: int | None = Field(
        None,
        description="rung: trained up to this epoch, to be perhaps trained further; None:"
        " there are no rungs",
    )
    parent: int | None = Field(None, description="trial whose training this one goes on with")
    origin: Origin = Field("oracle", description="who or what proposed it")


class Started(Value):
    """The intent to run an attempt, written before it is started."""

    kind: Literal["started"] = "started"
    at: float
    trial: int
    attempt: int
    accelerators: int = Field(0, description="that it holds while it runs")
    price: float = Field(0.0, description="of an hour of it, with all that it holds")
    granted_seconds: float | None = Field(
        None, description="after which it is killed, for the budget's sake; None: no cap"
    )
    nonce_sha256: str | None = Field(
        None, description="of what its result must repeat; None: an older version started it"
    )


class AttemptLost(Value):
    """An attempt ended without a result that ends its trial."""

    kind: Literal["attempt-lost"] = "attempt-lost"
    at: float
    trial: int
    attempt: int
    failure: FailureClass
    message: str = ""
    seconds: float = 0.0


class Ended(Value):
    """A trial ended, for good. There is one of these for each trial."""

    kind: Literal["ended"] = "ended"
    at: float
    trial: int
    outcome: Outcome
    attempt: int | None = Field(None, description="the attempt that decided; None: a duplicate")
    score: float | None = None
    metrics: dict[str, float] = {}
    failure: FailureClass | None = None
    message: str = ""
    epochs: int = 0
    best_epoch: int | None = Field(None, description="counted from 0")
    seconds: float = Field(0.0, description="wall-clock of the deciding attempt")
    held_seconds: float = Field(
        0.0,
        description="in which that attempt's container or process ran, its start and end included",
    )
    parameters: int | None = None
    flops: int | None = None
    latency_ms: float | None = None
    declared: DeclaredHyperparameters = DeclaredHyperparameters()
    oracle_state: dict[str, Any] | None = None


class Closed(Value):
    """The search is over; nothing is proposed after this."""

    kind: Literal["closed"] = "closed"
    at: float
    reason: str = Field(description="budget, target or exhaustion, in words for people")


Record = Annotated[
    Opened | Proposed | Started | AttemptLost | Ended | Closed, Field(discriminator="kind")
]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)

Telling = Proposed | Ended
"""What an oracle is told."""
