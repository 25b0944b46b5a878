"""Where attempts run: the seam between the search and processes or pods.

tests/contracts/runner holds every implementation to it.
"""

from typing import Protocol

from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec


class TrialRunner(Protocol):
    """Runs attempts, at most ``capacity`` at a time, and tells how they end."""

    @property
    def capacity(self) -> int:
        """Attempts that may run at the same time."""
        ...

    def start(self, spec: AttemptSpec) -> None:
        """Writes ``spec`` to ``<prefix>/spec.json`` and starts the attempt.

        The caller has made sure that fewer than ``capacity`` are running.
        """
        ...

    def poll(self, timeout: float) -> list[AttemptEvent]:
        """What happened since the last call; waits up to ``timeout`` seconds for something.

        Every started or adopted attempt gives exactly one ``ended`` event, stopped ones too.
        """
        ...

    def stop(self, ref: AttemptRef) -> None:
        """Asks an attempt to end: it checkpoints, and is killed if it takes too long."""
        ...

    def adopt(self) -> list[AttemptRef]:
        """Attempts of this search that an earlier controller started and that still run."""
        ...

    def close(self) -> None:
        """Stops everything that was started and waits until it is gone."""
        ...
