"""Interface of the runners, which start attempts as processes or as Jobs.

The tests in tests/contracts/runner apply to every implementation.
"""

from typing import Protocol

from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, Task


class TrialRunner(Protocol):
    """Runs at most ``capacity`` attempts at a time and reports their events."""

    @property
    def capacity(self) -> int:
        """Maximum number of attempts that run or wait; lower while the cluster is full."""
        ...

    @property
    def persistent(self) -> bool:
        """Whether attempts continue after this process ends and can be adopted by the next one."""
        ...

    @property
    def epoch(self) -> int | None:
        """Number of this controller's lease term, larger than all earlier ones.

        None if two controllers cannot run the same search.
        """
        ...

    def start(self, spec: AttemptSpec) -> None:
        """Writes ``spec`` to ``<prefix>/spec.json`` and starts the attempt.

        The runner passes the nonce and the digest of the spec to the process directly, not through
        the store. The caller must not start more than ``capacity`` attempts.
        """
        ...

    def poll(self, timeout: float) -> list[AttemptEvent]:
        """Returns the events since the last call; waits up to ``timeout`` seconds for one.

        Each started or adopted attempt, including a stopped one, has exactly one ``ended`` event,
        with its run time in seconds. An attempt that cannot run yet has ``waiting`` events with
        the reason.
        """
        ...

    def stop(self, ref: AttemptRef) -> None:
        """Asks an attempt to write a checkpoint and exit; kills it after a grace period."""
        ...

    def adopt(self, task: Task) -> list[AttemptRef]:
        """Adopts attempts at ``task`` that an earlier controller started and that have not ended.

        The next poll() reports the end of attempts that ended in the meantime.
        """
        ...

    def close(self) -> None:
        """Releases the resources of this process.

        Stops all attempts and waits until they have exited, unless the runner is persistent.
        """
        ...
