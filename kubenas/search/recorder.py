"""Recorder of a search: keeps journal, state and proposer consistent with each other."""

import time
from collections.abc import Callable, Sequence

from kubenas.scheduling.retry import Decision, End, Loss, decide
from kubenas.search.attempts import (
    Binding,
    Conclusion,
    EndedAttempt,
    TrialSpecs,
    conclude,
    has_checkpoint,
)
from kubenas.search.budget import SearchCounters, TimeLimit
from kubenas.search.journal import (
    AttemptLost,
    Ended,
    Journal,
    Proposed,
    Record,
    SearchState,
    Started,
    TrialState,
    advance,
    fold,
    is_trial_record,
)
from kubenas.search.proposals import DuplicateFinder, NoProposal, Proposer, duplicate_end
from kubenas.trial import AttemptSpec, FailureClass

_RESULT_FIELDS = (
    "score",
    "metrics",
    "epochs",
    "best_epoch",
    "seconds",
    "parameters",
    "flops",
    "latency_ms",
    "declared",
)


class SearchRecorder:
    """Appends records to the journal, updates the state and reports to the proposer.

    The constructor replays the journal into ``proposer``.

    Args:
        journal: the journal, after ``read()``.
        records: the records that ``read()`` returned.
        proposer: a new proposer.
        specs: creates attempt specs and names the attempts' folders.
        clock: returns Unix time.

    Raises:
        JournalDamaged: the records contradict each other.
    """

    def __init__(
        self,
        journal: Journal,
        records: Sequence[Record],
        *,
        proposer: Proposer,
        specs: TrialSpecs,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.state: SearchState = fold(records)
        self.counters = SearchCounters(self.state, specs.definition.direction)
        self._journal = journal
        self._proposer = proposer
        self._specs = specs
        self._clock = clock
        self._duplicates = DuplicateFinder()
        if self.state.closed is None:
            proposer.replay(records)
        for trial in self.state.trials.values():
            self._duplicates.add(trial.proposal)

    @property
    def duplicates_in_a_row(self) -> int:
        """Number of consecutive duplicates among the latest proposals."""
        return self._duplicates.in_a_row

    def record(self, record: Record) -> None:
        """Appends a record to the journal, then updates the state and the counters."""
        self._journal.append(record)
        self.state = advance(self.state, record)
        self.counters.update(
            record, self.state.trials[record.trial] if is_trial_record(record) else None
        )

    def propose(self) -> Proposed | NoProposal:
        """Asks for a trial and records it. A duplicate of an ended trial ends at once."""
        proposal = self._proposer.propose()
        if isinstance(proposal, NoProposal):
            return proposal
        record = Proposed(
            at=self._clock(),
            trial=len(self.state.trials),
            values=proposal.values,
            oracle_trial=proposal.oracle_trial,
            oracle_state=proposal.state,
            duplicate_of=self._duplicates.find(proposal.values, proposal.epochs),
            epochs=proposal.epochs,
            parent=self._trained_trial(proposal.parent),
            origin=proposal.origin,
        )
        self.record(record)
        self._duplicates.add(record)
        self.end_if_duplicate(self.state.trials[record.trial])
        return record

    def parent(self, trial: TrialState) -> TrialState | None:
        """Returns the trial whose training ``trial`` continues; None if there is none."""
        number = trial.proposal.parent
        return None if number is None else self.state.trials[number]

    def record_start(self, trial: TrialState, time_limit: TimeLimit) -> AttemptSpec:
        """Records that the trial's next attempt is about to start, and returns its spec."""
        spec = self._specs.next_attempt(
            trial, parent=self.parent(trial), declared=self.state.declared, time_limit=time_limit
        )
        self.record(
            Started(
                at=self._clock(),
                trial=spec.trial,
                attempt=spec.attempt,
                accelerators=time_limit.rate.accelerators,
                price=time_limit.rate.price,
                granted_seconds=time_limit.seconds,
                nonce_sha256=Binding.of(spec).nonce_sha256,
            )
        )
        return spec

    def record_attempt_end(self, ended: EndedAttempt) -> Conclusion:
        """Records the end of an attempt and, if the result is final, the end of its trial."""
        trial = self.state.trials[ended.ref.trial]
        conclusion = conclude(
            ended.result,
            ended.event,
            earlier=self._losses(trial),
            progressed=ended.progressed,
        )
        if ended.result is None or not isinstance(conclusion.decision, End):
            self.record(
                AttemptLost(
                    at=self._clock(),
                    trial=ended.ref.trial,
                    attempt=ended.ref.attempt,
                    failure=conclusion.failure or FailureClass.APPLICATION,
                    message=conclusion.message,
                    seconds=ended.seconds or 0.0,
                )
            )
        self._end_if_decided(trial, conclusion, ended)
        return conclusion

    def end_if_not_retried(self, trial: TrialState) -> None:
        """Ends a trial whose controller crashed after the last lost attempt, before the end."""
        if not trial.lost or trial.in_flight:
            return
        *earlier, last = self._losses(trial)
        decision: Decision = decide(last.failure, earlier, progressed=last.progressed)
        lost = trial.lost[-1]
        self._end_if_decided(trial, Conclusion(decision, lost.failure, lost.message), None)

    def end_if_duplicate(self, trial: TrialState) -> None:
        """Ends a trial that is a duplicate of an ended trial."""
        original = trial.proposal.duplicate_of
        if original is not None and (end := self.state.trials[original].end):
            self._record_end(trial, duplicate_end(end, trial=trial.number, at=self._clock()))

    def _trained_trial(self, oracle_trial: str | None) -> int | None:
        """Returns the number of the trial that was trained as ``oracle_trial``.

        For a duplicate, this is its original.
        """
        number = None if oracle_trial is None else self.counters.trial_number(oracle_trial)
        if number is None:
            return None
        original = self.state.trials[number].proposal.duplicate_of
        return number if original is None else original

    def _losses(self, trial: TrialState) -> list[Loss]:
        folders = (self._specs.folder(lost.trial, lost.attempt) for lost in trial.lost)
        storage = self._specs.storage
        return [
            Loss(lost.failure, has_checkpoint(storage, folder))
            for lost, folder in zip(trial.lost, folders, strict=True)
        ]

    def _end_if_decided(
        self, trial: TrialState, conclusion: Conclusion, last: EndedAttempt | None
    ) -> None:
        if not isinstance(conclusion.decision, End):
            return
        ended = Ended(
            at=self._clock(),
            trial=trial.number,
            outcome=conclusion.decision.outcome,
            attempt=trial.started[-1].attempt,
            failure=conclusion.failure,
            message=conclusion.message,
        )
        if last is not None and last.result is not None:
            fields = {name: getattr(last.result, name) for name in _RESULT_FIELDS}
            held = last.seconds or 0.0
            fields |= {"held_seconds": held, "seconds": min(last.result.seconds, held)}
            ended = ended.model_copy(update=fields)
        self._record_end(trial, ended)
        for other in self.counters.open:
            if other.proposal.duplicate_of == trial.number:
                self.end_if_duplicate(other)

    def _record_end(self, trial: TrialState, ended: Ended) -> None:
        self.record(ended)
        self._proposer.report(trial.proposal.oracle_trial, ended)
