"""Binding of a result to the attempt that the controller started. Pure functions.

Any process with access to the store can write a ``result.json``. Only the process of the attempt
knows the attempt's nonce, which the result must contain. The controller's records contain only the
digest of the nonce.
"""

import hashlib
import hmac
import math
import secrets
from dataclasses import dataclass
from typing import Self

from kubenas.trial import AttemptRef, AttemptSpec, FailureClass, Result, Task

_MAX_COUNT = 2**63 - 1
_MAX_METRICS = 1000
_RUNNER_FAILURES = frozenset(
    {
        FailureClass.DISRUPTION,
        FailureClass.NODE_LOSS,
        FailureClass.QUOTA,
        FailureClass.IMAGE,
        FailureClass.STORAGE,
    }
)
"""Failure classes that only a runner can report; a result must not claim them."""


def new_nonce() -> str:
    """Returns a random nonce for one attempt."""
    return secrets.token_hex(16)


def nonce_digest(nonce: str) -> str:
    """Returns the SHA-256 of ``nonce`` in hexadecimal."""
    return hashlib.sha256(nonce.encode()).hexdigest()


@dataclass(frozen=True)
class Binding:
    """The attempt, task and nonce that a result must match."""

    ref: AttemptRef
    task: Task
    nonce_sha256: str | None = None
    """None: the attempt was started by a version of kubenas without nonces."""

    @classmethod
    def of(cls, spec: AttemptSpec) -> Self:
        """The binding of a new attempt."""
        digest = None if spec.nonce is None else nonce_digest(spec.nonce)
        return cls(spec.ref, spec.task, digest)

    def holds(self, nonce: str | None) -> bool:
        """Whether ``nonce`` matches the attempt's digest."""
        if self.nonce_sha256 is None:
            return True
        return nonce is not None and hmac.compare_digest(nonce_digest(nonce), self.nonce_sha256)


def rejection_reason(result: Result, binding: Binding) -> str:
    """Returns why ``result`` is rejected; empty if it is valid."""
    named = AttemptRef.model_construct(trial=result.trial, attempt=result.attempt)
    if (named, result.task) != (binding.ref, binding.task):
        found, expected = f"{named}, task {result.task}", f"{binding.ref}, task {binding.task}"
        return f"it belongs to {found}, not to {expected}"
    if not binding.holds(result.nonce):
        return (
            "it does not contain the attempt's nonce: another process wrote it, or the trial image"
            " has an older kubenas"
        )
    if result.failure in _RUNNER_FAILURES:
        return f"it reports '{result.failure}', which only the runner can report"
    return _implausible(result)


def sanitize_result(result: Result, *, max_seconds: float) -> Result:
    """Returns ``result`` with a printable message, a plausible run time and no nonce.

    Args:
        result: a valid result.
        max_seconds: upper bound of the attempt's run time.
    """
    message = "".join(letter if letter.isprintable() else " " for letter in result.message)
    seconds = min(result.seconds, max(0.0, max_seconds))
    changes = {"message": message, "seconds": seconds, "nonce": None, "image": None}
    return result.model_copy(update=changes)


def _implausible(result: Result) -> str:
    """Returns the first value that is out of range; empty if there is none."""
    counts = {
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "parameters": result.parameters,
        "flops": result.flops,
    }
    for name, count in counts.items():
        if count is not None and not 0 <= count <= _MAX_COUNT:
            return f"{name} is {str(count)[:40]}"
    latency = result.latency_ms
    if latency is not None and not (math.isfinite(latency) and latency >= 0):
        return f"latency_ms is {latency}"
    if len(result.metrics) > _MAX_METRICS:
        return f"it has {len(result.metrics)} metrics"
    return ""
