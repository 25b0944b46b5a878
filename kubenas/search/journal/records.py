"""Records of a search's journal."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from kubenas.trial import DeclaredHyperparameters, FailureClass, Outcome, Value

Origin = Literal["oracle", "random", "promotion", "baseline", "prior"]
"""Origin of a proposal: the oracle's model, a random draw of the oracle, a promotion to the next
rung, the random baseline, or an earlier search."""


class Opened(Value):
    """A controller started or resumed the search."""

    kind: Literal["opened"] = "opened"
    at: float
    controller: str = Field(description="host (the pod's name in a cluster) and process id")
    epoch: int | None = Field(None, description="epoch of the controller's Lease, if it has one")


class Proposed(Value):
    """The oracle proposed a trial."""

    kind: Literal["proposed"] = "proposed"
    at: float
    trial: int
    values: dict[str, Any] = Field(description="hyperparameter values, active ones only")
    oracle_trial: str = Field(description="the oracle's id of this trial")
    oracle_state: dict[str, Any] | None = Field(
        None, description="get_state() of an oracle whose state replay cannot rebuild"
    )
    duplicate_of: int | None = Field(
        None, description="earlier trial with the same network; this one is not trained"
    )
    epochs: int | None = Field(
        None,
        description="epochs of its rung; a promotion may train it further; None: no rungs",
    )
    parent: int | None = Field(None, description="trial whose training this one continues")
    origin: Origin = Field("oracle", description="source of the proposal")


class Started(Value):
    """The intent to run an attempt, written before it is started."""

    kind: Literal["started"] = "started"
    at: float
    trial: int
    attempt: int
    accelerators: int = Field(0, description="accelerators that it holds while it runs")
    price: float = Field(0.0, description="price per hour, including all accelerators")
    granted_seconds: float | None = Field(
        None, description="time limit after which it is killed, from the budget; None: no cap"
    )
    nonce_sha256: str | None = Field(
        None, description="SHA-256 of its nonce; None: started by an older version"
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
    """The final end of a trial; at most one per trial."""

    kind: Literal["ended"] = "ended"
    at: float
    trial: int
    outcome: Outcome
    attempt: int | None = Field(
        None, description="the attempt with the final result; None: a duplicate"
    )
    score: float | None = None
    metrics: dict[str, float] = {}
    failure: FailureClass | None = None
    message: str = ""
    epochs: int = 0
    best_epoch: int | None = Field(None, description="counted from 0")
    seconds: float = Field(0.0, description="wall-clock time of the attempt with the final result")
    held_seconds: float = Field(
        0.0,
        description="run time of that attempt's container or process, including start and end",
    )
    parameters: int | None = None
    flops: int | None = None
    latency_ms: float | None = None
    declared: DeclaredHyperparameters = DeclaredHyperparameters()
    oracle_state: dict[str, Any] | None = None


class Closed(Value):
    """The search is closed; no further trial is proposed."""

    kind: Literal["closed"] = "closed"
    at: float
    reason: str = Field(description="budget, target or exhaustion, as text")


Record = Annotated[
    Opened | Proposed | Started | AttemptLost | Ended | Closed, Field(discriminator="kind")
]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)

OracleEvent = Proposed | Ended
"""Records that are reported to an oracle."""
