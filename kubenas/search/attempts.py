"""A batch of attempts run to their ends: describe, retrain, evaluate, export.

There is no journal here. What was done is seen from the attempts' folders: a1, a2, ... side by
side, each with its spec and, if it came to an end, its result.
"""

import time
from collections.abc import Sequence

from kubenas.errors import Interrupted, UserError
from kubenas.scheduling.retry import End, Loss, Pause, losses_so_far
from kubenas.scheduling.runner import TrialRunner
from kubenas.search.conclusion import Conclusion, conclude
from kubenas.search.deciding_attempt import Results, attempt_results, settle
from kubenas.search.interruption import Interruption
from kubenas.search.outputs import checkpoint_uri
from kubenas.search.progress import OnProgress, Progress, estimate_seconds_left
from kubenas.search.running import EndedAttempt, RunningAttempts
from kubenas.storage import join, open_storage, split
from kubenas.trial import AttemptRef, AttemptSpec, Outcome, Result

_POLL_SECONDS = 0.5


def run_attempts(
    specs: Sequence[AttemptSpec],
    runner: TrialRunner,
    *,
    on_progress: OnProgress | None = None,
) -> list[Result]:
    """Runs each spec to its end, with retries, as many at a time as ``runner`` takes.

    An attempt that has left a result which decides is not run again. One that failed in an
    earlier call for a reason that someone may have mended since (a bug, the configuration) is.

    Args:
        specs: first attempts, whose prefixes end in ``/a1``; their trial numbers must differ.
        runner: where they run.
        on_progress: called on every change and about twice a second.

    Returns:
        The results in the order of ``specs``, failed and infeasible ones too.

    Raises:
        UserError: no attempt could succeed for a reason outside of them; its message says which.
        Interrupted: SIGTERM or SIGINT; attempts that cannot outlive us have been stopped.
    """
    with Interruption() as interruption:
        return _Batch(specs, runner, on_progress, interruption).run()


class _Job:
    """One spec on its way to a result."""

    def __init__(self, spec: AttemptSpec) -> None:
        folder, name = split(spec.prefix)
        if spec.attempt != 1 or name != "a1":
            raise ValueError(f"{spec.prefix}: a first attempt's prefix ends in /a1")
        self._first = spec
        parent, self._folder = split(folder)
        self._storage = open_storage(parent)
        self.losses: list[Loss] = []
        results = self._results()
        self.last_attempt = max(results, default=0)
        self.result = settle(self._storage, self._folder, results)

    @property
    def last_ref(self) -> AttemptRef:
        """The newest attempt; its number is 0 if there is none."""
        return AttemptRef.model_construct(trial=self._first.trial, attempt=self.last_attempt)

    @property
    def last_prefix(self) -> str:
        """The URI of the newest attempt's folder."""
        return join(self._storage.uri, self._folder, f"a{self.last_attempt}")

    def next_attempt(self) -> AttemptSpec:
        """The spec of another attempt, which resumes from the newest checkpoint."""
        checkpoints = (
            checkpoint_uri(self._storage, f"{self._folder}/a{number}")
            for number in range(self.last_attempt, 0, -1)
        )
        resume_from = next((uri for uri in checkpoints if uri), self._first.resume_from)
        self.last_attempt += 1
        return self._first.model_copy(
            update={
                "attempt": self.last_attempt,
                "prefix": self.last_prefix,
                "resume_from": resume_from,
                **losses_so_far(loss.failure for loss in self.losses),
            }
        )

    def take(self, ended: EndedAttempt) -> Conclusion:
        """Takes note of an attempt's end."""
        conclusion = conclude(
            ended.result, ended.event, earlier=self.losses, progressed=ended.progressed
        )
        decided = settle(self._storage, self._folder, self._results())
        if decided is not None and decided.attempt != ended.ref.attempt:
            self.result = decided  # of an attempt that had been given up
        elif isinstance(conclusion.decision, End):
            outcome = conclusion.decision.outcome
            self.result = ended.result or self._without_result(outcome, conclusion)
        if conclusion.failure is not None:
            self.losses.append(Loss(conclusion.failure, ended.progressed))
        return conclusion

    def _results(self) -> Results:
        return attempt_results(self._storage, self._folder, trial=self._first.trial)

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
        specs: Sequence[AttemptSpec],
        runner: TrialRunner,
        on_progress: OnProgress | None,
        interruption: Interruption,
    ) -> None:
        if len({spec.trial for spec in specs}) != len(specs):
            raise ValueError("the trial numbers of a batch must differ")
        self._jobs = [_Job(spec) for spec in specs]
        self._task = specs[0].task.value if specs else ""
        self._running = RunningAttempts(runner)
        self._on_progress = on_progress
        self._interruption = interruption
        self._begun = time.monotonic()
        self._at_work: dict[int, _Job] = {}
        adopted = set(runner.adopt(specs[0].task)) if specs else set()
        for job in self._jobs:
            if job.result is None and job.last_ref in adopted:
                self._running.adopt(job.last_ref, job.last_prefix)
                self._at_work[job.last_ref.trial] = job
                adopted.remove(job.last_ref)
        for ref in adopted:
            runner.stop(ref)  # its task is decided, or a later attempt has taken its place

    def run(self) -> list[Result]:
        while any(job.result is None for job in self._jobs):
            if self._interruption.requested:
                self._running.leave()
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
