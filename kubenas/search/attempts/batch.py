"""Runs a batch of tasks of a step with retries: describe, retrain, evaluate, export.

These tasks have no journal. The controller's attempt records tell which attempts were started and
which result counts; each attempt writes to its own folder a1, a2, ...
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from kubenas.errors import DocumentUnusable, Interrupted, UserError
from kubenas.scheduling.retry import End, Loss, Pause, count_losses
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.attempts.binding import Binding, new_nonce
from kubenas.search.attempts.conclusion import Conclusion, conclude, is_final
from kubenas.search.attempts.outputs import checkpoint_uri
from kubenas.search.attempts.records import AttemptRecords
from kubenas.search.attempts.running import EndedAttempt, RunningAttempts, reject_result
from kubenas.search.interruption import Interruption
from kubenas.search.progress import OnProgress, Progress, estimate_seconds_left
from kubenas.storage import join, open_storage, split
from kubenas.trial import AttemptEvent, AttemptRef, AttemptSpec, Outcome, Result, Task

Check: TypeAlias = Callable[[str], object]

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.5


def _accept_all(_prefix: str) -> None:
    """Accepts the output of every attempt."""


def run_attempts(
    specs: Sequence[AttemptSpec],
    runner: TrialRunner,
    *,
    records: AttemptRecords,
    check: Check = _accept_all,
    on_progress: OnProgress | None = None,
) -> list[Result]:
    """Runs each spec to its end, with retries, up to ``runner.capacity`` at a time.

    A task with a final result is not run again. A task that failed in an earlier call for a reason
    that may be fixed by now (a bug, the configuration) is.

    Args:
        specs: first attempts, whose prefixes end in ``/a1``; their trial numbers must differ.
        runner: runs the attempts.
        records: attempt records of their search.
        check: checks the output of a completed attempt, given the URI of its folder; the attempt
            has failed if it raises DocumentUnusable.
        on_progress: called on every change and about twice a second.

    Returns:
        The results in the order of ``specs``, including failed and infeasible ones.

    Raises:
        UserError: no attempt can succeed for a reason outside the attempts, given in the message.
        Interrupted: SIGTERM or SIGINT; attempts that cannot outlive this process were stopped.
    """
    with Interruption() as interruption:
        return _Batch(
            [_Job(spec, records, check) for spec in specs], runner, on_progress, interruption
        ).run()


class _Job:
    """One task and its attempts."""

    def __init__(self, spec: AttemptSpec, records: AttemptRecords, check: Check) -> None:
        self._first = spec
        self._records = records
        self._check = check
        self._folder = records.task_folder(spec)
        self._storage = open_storage(split(spec.prefix)[0])
        self.losses: list[Loss] = []
        self._attempts = records.attempts(self._folder)
        decided = records.decided(self._folder)
        still_valid = decided is not None and self._is_still_valid(decided)
        self._revoked = 0 if decided is None or still_valid else decided.attempt
        """The attempt whose final result is no longer valid; 0: none."""
        self.result = self._resolve(
            decided
            if still_valid
            else self._last_final_result(n for n in self._attempts if n > self._revoked)
        )

    @property
    def last_attempt(self) -> int:
        """The number of the newest attempt; 0: none."""
        return self._attempts[-1] if self._attempts else 0

    @property
    def task(self) -> Task:
        """The kind of task."""
        return self._first.task

    @property
    def last_ref(self) -> AttemptRef:
        """The newest attempt; its number is 0 if none was started."""
        return AttemptRef.model_construct(trial=self._first.trial, attempt=self.last_attempt)

    @property
    def last_prefix(self) -> str:
        """The URI of the newest attempt's folder."""
        return join(self._storage.uri, f"a{self.last_attempt}")

    def next_attempt(self) -> AttemptSpec:
        """Records and returns the next attempt, which resumes from the newest checkpoint."""
        checkpoints = (
            checkpoint_uri(self._storage, f"a{number}") for number in reversed(self._attempts)
        )
        resume_from = next((uri for uri in checkpoints if uri), self._first.resume_from)
        attempt = self.last_attempt + 1
        while any(True for _ in self._storage.list(f"a{attempt}/")):
            attempt += 1  # the folder is not empty, although no attempt was recorded
        self._attempts.append(attempt)
        spec = self._first.model_copy(
            update={
                "attempt": self.last_attempt,
                "prefix": self.last_prefix,
                "resume_from": resume_from,
                "nonce": new_nonce(),
                **count_losses(loss.failure for loss in self.losses),
            }
        )
        self._records.start(self._folder, spec)
        return spec

    def binding(self) -> Binding:
        """The binding of the newest attempt."""
        return self._records.binding(self._folder, self.last_ref, self._first.task)

    def take(self, ended: EndedAttempt) -> Conclusion:
        """Processes the end of an attempt."""
        result, event = self._check_end(ended)
        conclusion = conclude(result, event, earlier=self.losses, progressed=ended.progressed)
        earlier = (each for each in self._attempts if self._revoked < each < ended.ref.attempt)
        final = (
            result if result is not None and is_final(result) else self._last_final_result(earlier)
        )
        if final is not None:
            self.result = self._resolve(final)
        elif isinstance(conclusion.decision, End):
            outcome = conclusion.decision.outcome
            self.result = result or self._without_result(outcome, conclusion)
        if conclusion.failure is not None:
            self.losses.append(Loss(conclusion.failure, ended.progressed))
        return conclusion

    def _is_still_valid(self, decided: Result) -> bool:
        """Whether the recorded result is for this task and its files are unchanged and valid."""
        try:
            if decided.outcome == Outcome.COMPLETED:
                self._records.check_unchanged(self._folder)
                self._check(join(self._storage.uri, f"a{decided.attempt}"))
        except DocumentUnusable as error:
            _LOG.warning("%s", error)
            return False
        return (decided.trial, decided.task) == (self._first.trial, self._first.task)

    def _last_final_result(self, attempts: Iterable[int]) -> Result | None:
        """Returns the last final result of ``attempts``, in order; None if there is none.

        A lost attempt may have written its result late. The result of a later attempt takes
        precedence.
        """
        results = [result for each in attempts if (result := self._read(each)) and is_final(result)]
        return results[-1] if results else None

    def _read(self, attempt: int) -> Result | None:
        """Reads the result of an attempt; None if it has no valid result."""
        ref = AttemptRef(trial=self._first.trial, attempt=attempt)
        try:
            result = self._records.result(self._folder, ref, self._first.task)
            if result is not None and result.outcome == Outcome.COMPLETED:
                self._check(join(self._storage.uri, f"a{attempt}"))
        except DocumentUnusable as error:
            _LOG.warning("%s", error)
            return None
        return result

    def _check_end(self, ended: EndedAttempt) -> tuple[Result | None, AttemptEvent]:
        """Checks the output of an ended attempt. Returns its result, if valid, and its event."""
        try:
            if ended.result is not None and ended.result.outcome == Outcome.COMPLETED:
                self._check(join(self._storage.uri, f"a{ended.ref.attempt}"))
        except DocumentUnusable as error:
            return None, reject_result(ended.event, str(error))
        return ended.result, ended.event

    def _resolve(self, final: Result | None) -> Result | None:
        """Records ``final`` as the final result and returns the one that counts."""
        if final is None:
            return None
        return self._records.decide(self._folder, final, instead_of=self._revoked)

    def _without_result(self, outcome: Outcome, conclusion: Conclusion) -> Result:
        return Result(
            task=self._first.task,
            trial=self._first.trial,
            attempt=self.last_attempt,
            outcome=outcome,
            failure=conclusion.failure,
            message=conclusion.message,
        )


class _Batch:
    def __init__(
        self,
        jobs: Sequence[_Job],
        runner: TrialRunner,
        on_progress: OnProgress | None,
        interruption: Interruption,
    ) -> None:
        if len({job.last_ref.trial for job in jobs}) != len(jobs):
            raise ValueError("the trial numbers of a batch must differ")
        self._jobs = jobs
        self._task = jobs[0].task.value if jobs else ""
        self._running = RunningAttempts(runner)
        self._on_progress = on_progress
        self._interruption = interruption
        self._begun = time.monotonic()
        self._at_work: dict[int, _Job] = {}
        adopted = set(runner.adopt(jobs[0].task)) if jobs else set()
        for job in self._jobs:
            if job.result is None and job.last_ref in adopted:
                self._running.adopt(job.binding(), job.last_prefix)
                self._at_work[job.last_ref.trial] = job
                adopted.remove(job.last_ref)
        for ref in adopted:
            runner.stop(ref)  # its task has a final result or a later attempt

    def run(self) -> list[Result]:
        while any(job.result is None for job in self._jobs):
            if self._interruption.requested:
                self._running.detach()
                raise Interrupted(f"{self._task}: stopped; the same command resumes")
            self._start_waiting()
            self._report()
            for ended in self._running.wait(_POLL_SECONDS):
                self._take(ended)
        self._report()
        return [job.result for job in self._jobs if job.result is not None]

    def _start_waiting(self) -> None:
        for job in self._jobs:
            waits = job.result is None and job.last_ref.trial not in self._at_work
            if waits and self._running.free:
                spec = job.next_attempt()
                self._at_work[spec.trial] = job
                self._running.start(spec)

    def _take(self, ended: EndedAttempt) -> None:
        job = self._at_work.pop(ended.ref.trial)
        conclusion = job.take(ended)
        if isinstance(conclusion.decision, Pause):
            self._running.stop_all()
            raise UserError(f"{self._task}: {conclusion.message}")

    def _report(self) -> None:
        if self._on_progress is None:
            return
        done = sum(job.result is not None for job in self._jobs)
        seconds = time.monotonic() - self._begun
        self._on_progress(
            Progress(
                activity=self._task,
                done=done,
                total=len(self._jobs),
                running=self._running.snapshot(),
                seconds=seconds,
                seconds_left=estimate_seconds_left(
                    seconds=seconds, done=done, total=len(self._jobs)
                ),
            )
        )
