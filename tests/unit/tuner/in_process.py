"""A runner that runs each attempt in the test process. tests/pipelines/test_tuner.py uses real
processes."""

from kubenas.storage import open_storage
from kubenas.training.process.stopping import Termination
from kubenas.training.tasks.run import configure_tensorflow, run_task
from kubenas.training.worker import run_attempt
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, Task


class InProcessRunner:
    """See :class:`kubenas.scheduling.runner.TrialRunner`."""

    capacity, persistent, epoch = 1, False, None

    def __init__(self) -> None:
        self.specs: list[AttemptSpec] = []
        self._events: list[AttemptEvent] = []

    def start(self, spec: AttemptSpec) -> None:
        open_storage(spec.prefix).write("spec.json", spec.to_json())
        self.specs.append(spec)
        configure_tensorflow()
        run_attempt(spec, lambda: run_task, Termination())
        self._events += [AttemptEvent(ref=spec.ref, kind=kind) for kind in ("running", "ended")]

    def poll(self, timeout: float) -> list[AttemptEvent]:
        events, self._events = self._events, []
        return events

    def stop(self, ref: AttemptRef) -> None:
        """Does nothing: no attempt is running."""

    def adopt(self, task: Task) -> list[AttemptRef]:
        return []

    def close(self) -> None:
        """Does nothing: the runner holds no resources."""
