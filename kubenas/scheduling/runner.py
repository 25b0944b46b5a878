"""Where attempts run: the seam between the search and processes or pods.

tests/contracts/runner holds every implementation to it.
"""

from typing import Protocol

from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, Task


class TrialRunner(Protocol):
    """Runs attempts, at most ``capacity`` at a time, and tells how they end."""

    @property
    def capacity(self) -> int:
        """Attempts that may run or wait at the same time; fewer while the cluster is full."""
        ...

    @property
    def persistent(self) -> bool:
        """Whether attempts outlive this process, for a later one to adopt."""
        ...

    @property
    def epoch(self) -> int | None:
        """The number of this process's tenure over the search, larger than any before.

        None where no two processes can hold it.
        """
        ...

    def start(self, spec: AttemptSpec) -> None:
        """Writes ``spec`` to ``<prefix>/spec.json`` and starts the attempt.

        Its nonce and the spec's digest reach the process by another way than the store.

        The caller has made sure that fewer than ``capacity`` are running.
        """
        ...

    def poll(self, timeout: float) -> list[AttemptEvent]:
        """What happened since the last call; waits up to ``timeout`` seconds for something.

        Every started or adopted attempt gives exactly one ``ended`` event, stopped ones too, which
        says for how long it ran, whoever watched. One that cannot run yet gives ``waiting`` events
        that say why; it uses up no attempt.
        """
        ...

    def stop(self, ref: AttemptRef) -> None:
        """Asks an attempt to end: it checkpoints, and is killed if it takes too long."""
        ...

    def adopt(self, task: Task) -> list[AttemptRef]:
        """Attempts at ``task`` that an earlier controller started and whose end is still to come.

        Some may have ended meanwhile: the next poll() tells.
        """
        ...

    def close(self) -> None:
        """Frees what this process holds.

        Unless the runner is persistent, everything that was started is stopped, and gone when
        this returns.
        """
        ...
