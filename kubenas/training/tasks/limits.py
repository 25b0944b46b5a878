"""Refuses a network that exceeds the limits of the search, before it is trained."""

from kubenas.data.kinds.registry import example_tensors
from kubenas.training.model.architecture import ARCHITECTURE_FILE
from kubenas.training.model.candidate import Candidate, kept_model
from kubenas.training.model.measure import measure_cost
from kubenas.training.model.size import limit_violation, model_size
from kubenas.training.process.attempt import Attempt
from kubenas.trial import FailureClass, Limits, Outcome, Result


def check_limits(attempt: Attempt, candidate: Candidate) -> Result | None:
    """Returns the result of a candidate that violates the limits, or None.

    A resumed attempt is not checked again: its latency may differ on another machine.
    """
    limits = attempt.plan.limits
    if attempt.spec.resume_from is not None or limits == Limits():
        return None
    batch = example_tensors(attempt.schema).network_spec
    cost = measure_cost(kept_model(attempt, candidate), batch)
    size = model_size(candidate.model, cost, batch_size=attempt.plan.batch_size)
    violation = limit_violation(size, limits)
    if not violation:
        return None
    return Result(
        task=attempt.spec.task,
        trial=attempt.spec.trial,
        attempt=attempt.spec.attempt,
        outcome=Outcome.INFEASIBLE,
        failure=FailureClass.LIMIT,
        message=violation,
        parameters=size.parameters,
        flops=size.flops,
        latency_ms=size.latency_ms,
        artifacts={"architecture": ARCHITECTURE_FILE},
    )
