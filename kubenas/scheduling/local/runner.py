"""A runner that starts attempts as child processes of the controller."""

import os
import selectors
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from kubenas.scheduling.local.worker_process import WorkerProcess, classify_exit
from kubenas.storage import open_storage
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, FailureClass, Task

_EXIT_SECONDS = 5.0
"""Time for a worker to exit after it has closed its stdout."""

_COMMAND = (sys.executable, "-P", "-m", "kubenas.training.worker", "--serve")
"""Option -P keeps the working directory off ``sys.path``: trials import only frozen modules."""


@dataclass(frozen=True)
class LocalLimits:
    """Limits of the local runner on its workers."""

    attempts_per_worker: int = 40
    """Attempts after which a worker is replaced: TensorFlow's memory grows with each model."""
    grace_seconds: float = 10.0
    """Time between SIGTERM and SIGKILL."""
    startup_seconds: float = 300.0
    """Time for a worker to import its modules on a busy machine."""


@dataclass
class _Slot:
    """A worker and the attempt that it runs."""

    worker: WorkerProcess
    spec: AttemptSpec | None = None
    started_at: float | None = None
    """Start of the attempt on the monotonic clock; None: not started."""
    kill_at: float | None = None
    """Time of the kill on the monotonic clock; None: none planned."""
    planned_failure: tuple[FailureClass, str] | None = None
    """Failure class and message to report if the runner kills the worker."""

    @property
    def stopping(self) -> bool:
        """Whether the attempt has been asked to stop."""
        return (
            self.planned_failure is not None and self.planned_failure[0] == FailureClass.DISRUPTION
        )

    def limit(self, seconds: float | None, failure: FailureClass, message: str) -> None:
        """Kills the worker after ``seconds`` and reports ``failure``; None: no limit."""
        self.kill_at = None if seconds is None else time.monotonic() + seconds
        self.planned_failure = (failure, message)

    def limit_run(self) -> None:
        """Applies the time limit of the attempt."""
        seconds = self.spec.max_seconds if self.spec else None
        self.limit(seconds, FailureClass.DEADLINE, f"exceeded its time limit of {seconds} s")


class LocalRunner:
    """Local implementation of :class:`kubenas.scheduling.runner.TrialRunner`.

    Use it as a context manager.

    Args:
        workers: attempts at the same time; they share the machine's cores equally.
        log_folder: folder of the workers' stderr; None: a temporary folder.
        command: command of a worker, which uses the protocol of ``worker_process``.
        limits: limits on the workers.
    """

    def __init__(
        self,
        *,
        workers: int,
        log_folder: Path | None = None,
        command: Sequence[str] = _COMMAND,
        limits: LocalLimits | None = None,
    ) -> None:
        self._capacity = workers
        self._command = tuple(command)
        self._limits = limits or LocalLimits()
        self._environment = {**os.environ, **_thread_limits(workers)}
        self._temporary = None if log_folder else tempfile.TemporaryDirectory(prefix="kubenas-")
        self._log_folder = log_folder or Path(self._temporary.name if self._temporary else "")
        self._selector = selectors.DefaultSelector()
        self._slots: list[_Slot] = []
        self._events: list[AttemptEvent] = []
        self._spawned = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def capacity(self) -> int:
        return self._capacity

    @property
    def persistent(self) -> bool:
        return False

    @property
    def epoch(self) -> int | None:
        return None

    def start(self, spec: AttemptSpec) -> None:
        open_storage(spec.prefix).write("spec.json", spec.to_json())
        slot = next((slot for slot in self._slots if slot.spec is None), None)
        while slot is not None and not slot.worker.assign(spec):
            self._discard(slot)  # the worker died while idle
            slot = next((slot for slot in self._slots if slot.spec is None), None)
        if slot is None:
            slot = self._spawn()
            slot.worker.assign(spec)  # poll() reports a worker that is already dead
        slot.spec = spec
        if slot.worker.ready:
            slot.limit_run()
        else:
            seconds = self._limits.startup_seconds
            message = f"worker process was not ready after {seconds:.0f} s"
            slot.limit(seconds, FailureClass.CONFIGURATION, message)
        if len(self._slots) < self._capacity and all(other.spec for other in self._slots):
            self._spawn()  # a spare worker, to import its modules before it is needed

    def poll(self, timeout: float) -> list[AttemptEvent]:
        until = time.monotonic() + timeout
        while True:
            now = time.monotonic()
            due = [slot.kill_at for slot in self._slots if slot.kill_at is not None]
            wait = 0.0 if self._events else max(0.0, min([until, *due]) - now)
            for key, _ in self._selector.select(wait):
                self._read_replies(key.data)
            self._kill_overdue()
            self._remove_exited_workers()
            if self._events or time.monotonic() >= until:
                events, self._events = self._events, []
                return events

    def stop(self, ref: AttemptRef) -> None:
        slot = next((slot for slot in self._slots if slot.spec and slot.spec.ref == ref), None)
        if slot is None:
            return  # it has ended, and poll() reports the end
        slot.limit(self._limits.grace_seconds, FailureClass.DISRUPTION, "stopped on request")
        slot.worker.terminate()

    def adopt(self, task: Task) -> list[AttemptRef]:  # noqa: ARG002
        return []  # workers die with the process that started them

    def close(self) -> None:
        busy = [slot for slot in self._slots if slot.spec is not None]
        for slot in busy:
            slot.worker.terminate()
        until = time.monotonic() + self._limits.grace_seconds
        while time.monotonic() < until and any(slot.worker.exit_code is None for slot in busy):
            time.sleep(0.05)
        for slot in list(self._slots):
            self._discard(slot)
        self._selector.close()
        if self._temporary:
            self._temporary.cleanup()

    def _spawn(self) -> _Slot:
        self._log_folder.mkdir(parents=True, exist_ok=True)
        self._spawned += 1
        log = self._log_folder / f"worker-{self._spawned:03d}.log"
        slot = _Slot(WorkerProcess(self._command, self._environment, log))
        self._slots.append(slot)
        self._selector.register(slot.worker, selectors.EVENT_READ, slot)
        return slot

    def _discard(self, slot: _Slot) -> None:
        self._selector.unregister(slot.worker)
        self._slots.remove(slot)
        slot.worker.kill()
        slot.worker.close()

    def _read_replies(self, slot: _Slot) -> None:
        replies, closed = slot.worker.read()
        for reply in replies:
            self._handle_reply(slot, reply)
        if closed and slot in self._slots:
            self._remove_worker(slot, slot.worker.kill(_EXIT_SECONDS))

    def _handle_reply(self, slot: _Slot, reply: Mapping[str, Any]) -> None:
        if "ready" in reply:
            slot.worker.ready = True
        elif "started" in reply and slot.spec is not None:
            slot.started_at = time.monotonic()
            event = AttemptEvent(ref=slot.spec.ref, kind="running", since=time.time())
            self._events.append(event)
            if not slot.stopping:
                slot.limit_run()
        elif "ended" in reply and slot.spec is not None:
            failure = FailureClass(reply["failure"]) if reply.get("failure") else None
            stopped = slot.stopping
            if stopped and failure is None:
                failure = FailureClass.DISRUPTION  # a result, if written, takes precedence
            self._ended(slot, failure, str(reply.get("message", "")))
            if stopped or slot.worker.attempts_served >= self._limits.attempts_per_worker:
                self._discard(slot)

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for slot in list(self._slots):
            if slot.kill_at is not None and slot.kill_at <= now:
                self._remove_worker(slot, slot.worker.kill(), planned=True)

    def _remove_exited_workers(self) -> None:
        """Removes exited workers whose stdout is still open because a child process holds it."""
        for slot in list(self._slots):
            code = slot.worker.exit_code
            if code is not None:
                self._read_replies(slot)  # may remove the worker
                if slot in self._slots:
                    self._remove_worker(slot, code)

    def _remove_worker(self, slot: _Slot, exit_code: int, *, planned: bool = False) -> None:
        """Removes a dead worker and reports the end of its attempt."""
        if slot.spec is not None:
            if slot.planned_failure is not None and (planned or slot.stopping):
                failure, message = slot.planned_failure
            else:
                failure, message = classify_exit(exit_code, ready=slot.worker.ready)
            if failure != FailureClass.DISRUPTION and (words := slot.worker.stderr_tail()):
                message = f"{message}; last lines of its stderr: {words}"
            self._ended(slot, failure, message)
        self._discard(slot)

    def _ended(self, slot: _Slot, failure: FailureClass | None, message: str) -> None:
        if slot.spec is not None:
            ref = slot.spec.ref
            seconds = 0.0 if slot.started_at is None else time.monotonic() - slot.started_at
            self._events.append(
                AttemptEvent(
                    ref=ref, kind="ended", failure=failure, message=message, seconds=seconds
                )
            )
        slot.spec = slot.started_at = slot.kill_at = slot.planned_failure = None


def _thread_limits(workers: int) -> dict[str, str]:
    """Divides the cores among the workers: by default each TensorFlow process uses all of them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    share = str(max(1, (cores or 1) // workers))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    return dict.fromkeys(names, share)
