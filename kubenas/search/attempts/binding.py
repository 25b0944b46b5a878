"""What binds a result to the attempt that the controller has started. Pure.

Whoever can write to the store can write a ``result.json``. Only the process that the controller has
started knows the attempt's nonce; the controller's own records hold its digest, which tells nobody
what to repeat.
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
"""Ends that a runner sees; an attempt that has left a result did not come to one of them."""


def new_nonce() -> str:
    """For one attempt."""
    return secrets.token_hex(16)


def nonce_digest(nonce: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(nonce.encode()).hexdigest()


@dataclass(frozen=True)
class Binding:
    """What a result must repeat."""

    ref: AttemptRef
    task: Task
    nonce_sha256: str | None = None
    """None: the attempt was started by a version of kubenas that gave it no nonce."""

    @classmethod
    def of(cls, spec: AttemptSpec) -> Self:
        """That of an attempt which is about to be started."""
        digest = None if spec.nonce is None else nonce_digest(spec.nonce)
        return cls(spec.ref, spec.task, digest)

    def holds(self, nonce: str | None) -> bool:
        """Whether ``nonce`` is that of the attempt."""
        if self.nonce_sha256 is None:
            return True
        return nonce is not None and hmac.compare_digest(nonce_digest(nonce), self.nonce_sha256)


def rejection_reason(result: Result, binding: Binding) -> str:
    """Why ``result`` cannot be believed, in words for people; empty: it can."""
    named = AttemptRef.model_construct(trial=result.trial, attempt=result.attempt)
    if (named, result.task) != (binding.ref, binding.task):
        return f"it is of {named}, task {result.task}, not of {binding.ref}, task {binding.task}"
    if not binding.holds(result.nonce):
        return (
            "it does not repeat the attempt's nonce: another process wrote it, or the trial's image"
            " holds an older kubenas"
        )
    if result.failure in _RUNNER_FAILURES:
        return f"it claims '{result.failure}', which is not for an attempt to say"
    return _implausible(result)


def sanitize_result(result: Result, *, max_seconds: float) -> Result:
    """``result`` with what the controller knows itself, and without what only it needs to know.

    Args:
        result: can be believed.
        max_seconds: that the attempt can have run.
    """
    message = "".join(letter if letter.isprintable() else " " for letter in result.message)
    seconds = min(result.seconds, max(0.0, max_seconds))
    changes = {"message": message, "seconds": seconds, "nonce": None, "image": None}
    return result.model_copy(update=changes)


def _implausible(result: Result) -> str:
    """The first figure that no attempt can have come to; empty: there is none."""
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
