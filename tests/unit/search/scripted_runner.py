"""A runner without processes, whose attempts end as scripted, and injected crashes."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from kubenas.scheduling.runner import TrialRunner
from kubenas.storage import ObjectInfo, open_storage
from kubenas.storage.directory import DirectoryStorage
from kubenas.training.process.hyperparameters import TrackedHyperparameters
from kubenas.trial import (
    ATTEMPT_START_FILE,
    AttemptEvent,
    AttemptRef,
    AttemptSpec,
    AttemptStart,
    DeclaredHyperparameters,
    FailureClass,
    Outcome,
    Result,
    Task,
)


class Crash(BaseException):
    """Simulates that the process is killed."""


class Fuse:
    """Raises ``Crash`` once, at the ``crash_at``-th call of ``burn``."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.passed = 0
        self._crash_at = crash_at

    def burn(self) -> None:
        self.passed += 1
        if self.passed == self._crash_at:
            raise Crash


class FusedStorage:
    """A directory storage that may crash before and after each write."""

    def __init__(self, root: Path, fuse: Fuse) -> None:
        self._inner = DirectoryStorage(root)
        self._fuse = fuse
        self.uri = self._inner.uri
        self.read, self.exists = self._inner.read, self._inner.exists
        self.delete, self.stage = self._inner.delete, self._inner.stage
        self.upload_tree = self._inner.upload_tree

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectInfo]:
        return self._inner.list(prefix, after=after)

    def write(self, name: str, data: bytes) -> None:
        self._fuse.burn()
        self._inner.write(name, data)
        self._fuse.burn()

    def create(self, name: str, data: bytes) -> None:
        self._fuse.burn()
        self._inner.create(name, data)
        self._fuse.burn()


class ScriptedRunner(TrialRunner):
    """Ends one attempt per poll, in order of start, according to the value ``behave``.

    ``trained`` lists the attempts that did their work to the end, over all restarts.
    """

    def __init__(
        self,
        trained: list[AttemptRef],
        fuse: Fuse,
        capacity: int = 2,
        *,
        persistent: bool = False,
        found: Iterable[AttemptRef] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._found = list(found)
        self._clock = clock
        self.stopped: set[AttemptRef] = set()
        self._trained = trained
        self._persistent = persistent
        self._fuse = fuse
        self._capacity = capacity
        self._running: list[AttemptSpec] = []
        self.specs: list[AttemptSpec] = []

    @property
    def capacity(self) -> int:
        return self._capacity

    def start(self, spec: AttemptSpec) -> None:
        assert len(self._running) < self._capacity
        self._fuse.burn()
        open_storage(spec.prefix).create("spec.json", spec.to_json())
        open_storage(spec.prefix).create(
            ATTEMPT_START_FILE, AttemptStart(at=self._clock()).to_json()
        )
        self._running.append(spec)
        self.specs.append(spec)
        self._fuse.burn()

    def poll(self, timeout: float) -> list[AttemptEvent]:  # noqa: ARG002, it never waits
        if not self._running:
            return []
        spec = self._running[0]
        failure = self._act(spec)
        self._running.pop(0)
        return [AttemptEvent(ref=spec.ref, kind="ended", failure=failure)]

    def stop(self, ref: AttemptRef) -> None:
        self.stopped.add(ref)

    @property
    def persistent(self) -> bool:
        return self._persistent

    def adopt(self, task: Task) -> list[AttemptRef]:  # noqa: ARG002
        return self._found

    def close(self) -> None:
        self._running.clear()

    def _act(self, spec: AttemptSpec) -> FailureClass | None:
        values = spec.hyperparameters["values"] if spec.hyperparameters else {}
        behave = values.get("behave", "complete")
        if spec.ref in self.stopped or behave == "stopped":
            return FailureClass.DISRUPTION
        if behave == "lost" or (behave == "lost-once" and spec.attempt == 1):
            return FailureClass.NODE_LOSS
        if behave == "progress" and spec.attempt <= 6:
            open_storage(spec.prefix).write("checkpoint/latest.json", b"{}")
            return FailureClass.NODE_LOSS
        self._fuse.burn()
        open_storage(spec.prefix).create("result.json", result_of(spec, values, behave).to_json())
        self._trained.append(spec.ref)
        self._fuse.burn()
        return None


class TwoSeconds(ScriptedRunner):
    """Attempts run for the seconds in their results."""

    def poll(self, timeout: float) -> list[AttemptEvent]:
        return [event.model_copy(update={"seconds": 2.0}) for event in super().poll(timeout)]


def result_of(spec: AttemptSpec, values: dict[str, Any], behave: str) -> Result:
    common = {"task": spec.task, "trial": spec.trial, "attempt": spec.attempt, "seconds": 2.0}
    common["nonce"] = spec.nonce
    failed = {"outcome": Outcome.FAILED, "message": f"{behave} happened"}
    match behave:
        case "bug":
            return Result(**common, **failed, failure=FailureClass.APPLICATION)
        case "misconfigured":
            return Result(**common, **failed, failure=FailureClass.CONFIGURATION)
        case "nan":
            return Result(**common, outcome=Outcome.COMPLETED, score=float("nan"))
        case "forged":
            new = ({"class_name": "Int", "config": {"name": "x", "min_value": "a lot"}},)
            return Result(
                **common,
                outcome=Outcome.COMPLETED,
                score=1.0,
                declared=DeclaredHyperparameters(new=new),
            )
        case "rewrites":
            common["declared"] = DeclaredHyperparameters(values={"x": 9.0, "depth": 2})
        case "asks":
            given = TrackedHyperparameters(spec.hyperparameters)
            for name in ("depth", f"units_{spec.trial}"):
                given.hp.Int(name, 1, 4)
            common["declared"] = given.declared()
    score = float(values.get("x", 0))
    epochs = spec.training.epochs if spec.training else 0
    return Result(**common, outcome=Outcome.COMPLETED, score=score, epochs=epochs, best_epoch=0)


def write_result(folder: Path, ref: AttemptRef, **changes: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    result = Result(
        task=Task.TRAIN, trial=ref.trial, attempt=ref.attempt, outcome=Outcome.COMPLETED, score=1.0
    )
    content = json.loads(result.model_copy(update=changes).to_json())
    (folder / "result.json").write_text(json.dumps(content))
