"""The single-threaded main loop of a search.

Each step records ended attempts, reports them to the oracle and starts new ones. The order of
writes makes the loop crash-safe: a proposal is in the journal before its first attempt, the intent
to start an attempt before the attempt, and the end of a trial once. These suffice to resume.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from kubenas.errors import Interrupted, KubenasError, SearchFailed, UserError
from kubenas.scheduling.retry import Pause
from kubenas.scheduling.runner import TrialRunner
from kubenas.search import budget
from kubenas.search.attempts import (
    Binding,
    EndedAttempt,
    RunningAttempts,
    TrialSpecs,
    has_checkpoint,
    read_start_time,
    resolve_result,
)
from kubenas.search.interruption import Interruption
from kubenas.search.journal import Closed, Opened, SearchState, TrialState
from kubenas.search.progress import OnProgress, OnState, Progress, estimate_seconds_left
from kubenas.search.proposals import MAX_DUPLICATES_IN_A_ROW, NoProposal
from kubenas.search.recorder import SearchRecorder
from kubenas.search.rungs import min_epochs_per_trial
from kubenas.trial import AttemptEvent, AttemptRef, FailureClass, Task

_POLL_SECONDS = 0.5


class SearchLoop:
    """Runs or resumes one search until it is closed.

    Args:
        specs: creates attempt specs and names the attempts' folders.
        recorder: the journal and state so far.
        runner: runs the attempts.
        interruption: checked in every step.
        on_progress: called on every change and about twice a second.
        on_state: called on every change; a KubenasError that it raises ends the search.
        clock: returns Unix time.
    """

    def __init__(
        self,
        specs: TrialSpecs,
        *,
        recorder: SearchRecorder,
        runner: TrialRunner,
        interruption: Interruption,
        on_progress: OnProgress | None = None,
        on_state: OnState | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._specs = specs
        self._config = specs.definition.config.search
        self._rate = budget.Rate.of(specs.definition.config.runner)
        self._direction = specs.definition.direction
        self._recorder = recorder
        self._runner = runner
        self._running = RunningAttempts(runner, clock=clock)
        self._interruption = interruption
        self._on_progress = on_progress
        self._on_state = on_state
        self._last_reported_state: SearchState | None = None
        """The state that was passed to ``on_state`` last."""
        self._clock = clock
        self._exhausted = False
        """Whether the oracle has nothing to propose until a trial ends."""
        self._paused = ""
        """Why no attempt can succeed at present; empty: attempts may start."""

    def run(self) -> SearchState:
        """Runs until the search is closed.

        Raises:
            SearchFailed: the first trials all failed with errors of the program.
            UserError: no attempt can succeed, for a reason outside the trials.
            Interrupted: SIGTERM or SIGINT; attempts that cannot outlive this process were stopped.
            AnotherController: another process runs this search.
            KubenasError: raised by ``on_state``.
        """
        if self._state.closed is None:
            self._open()
        while self._state.closed is None:
            self._step()
        self._report()
        return self._state

    @property
    def _state(self) -> SearchState:
        return self._recorder.state

    def _step(self) -> None:
        self._raise_if_over()
        over = self._stop_reason()
        if not over:
            self._fill_slots()
        elif budget.must_stop(self._config, self._usage(), self._direction):
            self._stop_running()
        reason = "" if self._running else over or self._exhaustion_reason()
        if reason:
            self._recorder.record(Closed(at=self._clock(), reason=reason))
            return
        self._report()
        for ended in self._running.wait(_POLL_SECONDS):
            self._record_end(ended)

    def _open(self) -> None:
        """Takes over the attempts of the previous controller; finished work is not repeated."""
        cut_off_at = self._state.last_at or 0.0
        controller = f"{socket.gethostname()}:{os.getpid()}"
        opened = Opened(at=self._clock(), controller=controller, epoch=self._runner.epoch)
        self._recorder.record(opened)
        adopted = set(self._runner.adopt(Task.TRAIN))
        in_flight = {
            AttemptRef(trial=trial.number, attempt=len(trial.started))
            for trial in self._recorder.counters.open
            if trial.in_flight
        }
        for ref in adopted - in_flight:
            self._runner.stop(ref)  # the journal does not list it as in flight
        for trial in self._recorder.counters.open:
            if trial.in_flight:
                self._recover(trial, adopted, cut_off_at)
            else:
                self._recorder.end_if_not_retried(trial)
        for trial in self._recorder.counters.open:
            self._recorder.end_if_duplicate(trial)

    def _recover(self, trial: TrialState, adopted: set[AttemptRef], cut_off_at: float) -> None:
        started = trial.started[-1]
        ref = AttemptRef(trial=trial.number, attempt=started.attempt)
        binding = Binding(ref, Task.TRAIN, started.nonce_sha256)
        if ref in adopted:  # the runner will report when it began and how it ended
            prefix = self._specs.prefix(ref.trial, ref.attempt)
            self._running.adopt(binding, prefix, since=started.at)
            return
        storage, folder = self._specs.storage, self._specs.folder(ref.trial, ref.attempt)
        event = AttemptEvent(
            ref=ref,
            kind="ended",
            failure=FailureClass.NODE_LOSS,
            message="the attempt ended together with the controller",
        )
        most = self._clock() - started.at
        result, lost = resolve_result(storage, folder, binding, event, max_seconds=most)
        progressed = has_checkpoint(storage, folder)
        ended = EndedAttempt(ref, lost, result, progressed, result.seconds if result else None)
        self._record_end(ended, last_seen=cut_off_at)

    def _fill_slots(self) -> None:
        while self._may_start():
            trial = self._next_open()
            if not (self._propose() if trial is None else self._start(trial)):
                return

    def _may_start(self) -> bool:
        if self._interruption.requested or not self._running.free or self._stop_reason():
            return False
        config, alone = self._specs.definition.config, not self._specs.stops_early
        return not (self._running and alone and budget.first_trial_alone(config, self._usage()))

    def _next_open(self) -> TrialState | None:
        """Returns the first proposed trial that can be started."""
        return next(filter(self._startable, self._recorder.counters.open), None)

    def _epochs(self, trial: TrialState) -> int:
        return self._specs.remaining_epochs(trial, self._recorder.parent(trial))

    def _startable(self, trial: TrialState) -> bool:
        return not trial.in_flight and trial.proposal.duplicate_of is None

    def _start(self, trial: TrialState) -> bool:
        """Starts the next attempt of ``trial``; returns False if the budget does not allow it."""
        usage, slots = self._usage(), self._running.free
        seconds = budget.time_limit_seconds(usage, epochs=self._epochs(trial), slots=slots)
        if seconds == 0:
            return False
        left = budget.seconds_left(self._config, usage)
        deadline = None if left is None else self._clock() + left
        time_limit = budget.TimeLimit(self._rate, seconds, deadline)
        self._running.start(self._recorder.record_start(trial, time_limit))
        return True

    def _propose(self) -> bool:
        """Asks for a new trial; returns False if there is none."""
        if self._exhausted or budget.trial_limit_reason(self._config, self._usage()):
            return False
        proposed = self._recorder.propose()
        tried_before = self._recorder.duplicates_in_a_row >= MAX_DUPLICATES_IN_A_ROW
        self._exhausted = isinstance(proposed, NoProposal) or tried_before
        return not self._exhausted

    def _record_end(self, ended: EndedAttempt, *, last_seen: float | None = None) -> None:
        """Records the end of an attempt.

        Args:
            ended: how it ended.
            last_seen: Unix time of the last record of the previous controller; None: now.
        """
        if ended.seconds is None:
            ended = replace(ended, seconds=self._estimate_run_seconds(ended, last_seen))
        conclusion = self._recorder.record_attempt_end(ended)
        self._exhausted = False
        if isinstance(conclusion.decision, Pause):
            self._paused = f"{ended.ref}: {conclusion.message}"

    def _estimate_run_seconds(self, ended: EndedAttempt, last_seen: float | None) -> float:
        now, started = self._clock(), self._state.trials[ended.ref.trial].started[-1]
        folder = self._specs.folder(ended.ref.trial, ended.ref.attempt)
        reported = read_start_time(self._specs.storage, folder, earliest=started.at, latest=now)
        # Attempts of older versions do not report when they began.
        began = started.at if reported is None and ended.result else reported
        last_seen = now if last_seen is None else last_seen
        return budget.estimate_run_seconds(started, began=began, last_seen=last_seen, now=now)

    def _stop_reason(self) -> str:
        trial, config = self._next_open(), self._specs.definition.config
        epochs = min_epochs_per_trial(config) if trial is None else self._epochs(trial)
        usage = self._usage()
        reason = budget.stop_reason(self._config, usage, self._direction, epochs=epochs)
        if reason or self._specs.stops_early:
            return reason
        return budget.remaining_time_reason(config, usage, epochs=epochs)

    def _exhaustion_reason(self) -> str:
        """Returns why no trial is left to run or to propose; empty if there is one."""
        if self._recorder.counters.open:
            return ""
        if reason := budget.trial_limit_reason(self._config, self._usage()):
            return reason
        if self._recorder.duplicates_in_a_row >= MAX_DUPLICATES_IN_A_ROW:
            repeats = MAX_DUPLICATES_IN_A_ROW
            return f"the space is exhausted: {repeats} proposals in a row had been tried before"
        return "the space is exhausted: the oracle has no new trial" if self._exhausted else ""

    def _raise_if_over(self) -> None:
        if self._interruption.requested:
            for ended in self._running.detach():
                self._record_end(ended)
            raise Interrupted("search: stopped; the same command resumes")
        if self._paused:
            self._abort(UserError(f"search paused: {self._paused}"))
        if budget.too_many_failures(self._recorder.counters):
            reason = budget.most_frequent_reason(self._state)
            self._abort(SearchFailed(f"search: the first trials all failed, mostly by {reason}"))
        if self._on_state is not None and self._last_reported_state is not self._state:
            self._last_reported_state = self._state
            try:
                self._on_state(self._state)
            except KubenasError as error:
                self._abort(error)

    def _abort(self, error: KubenasError) -> NoReturn:
        self._stop_running()
        raise error

    def _stop_running(self) -> None:
        for ended in self._running.stop_all():
            self._record_end(ended)

    def _usage(self) -> budget.Usage:
        return budget.measure(
            self._config, self._state, self._recorder.counters, rate=self._rate, now=self._clock()
        )

    def _report(self) -> None:
        if self._on_progress is None:
            return
        usage = self._usage()
        done, total = self._recorder.counters.ended, self._config.trial_limit
        left = budget.seconds_left(self._config, usage)
        self._on_progress(
            Progress(
                activity="search",
                done=done,
                total=total,
                running=self._running.snapshot(),
                completed=self._recorder.counters.completed,
                gpu_hours=usage.cost.gpu_hours,
                best_score=usage.best,
                best_trial=usage.best_trial,
                seconds=usage.seconds,
                used=budget.describe_usage(self._config, usage.cost),
                seconds_left=estimate_seconds_left(
                    seconds=usage.seconds, done=done, total=total, limit=left
                ),
            )
        )
