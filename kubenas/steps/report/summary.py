"""summary.json: what a run came to, for programs and people in a hurry."""

from typing import Any, Literal

from pydantic import field_validator

from kubenas.data.drift import Drift
from kubenas.reporting.cards import drift_sentences
from kubenas.reporting.random_search import estimate_random_search
from kubenas.reporting.report_input import ReportInput
from kubenas.search.budget import expense_of, words_of_use
from kubenas.serving.gate import Ground, Verdict
from kubenas.storage import Storage, join
from kubenas.storage.document import find_document
from kubenas.trial import Outcome, Value

_NAME = "summary.json"


class TestScore(Value):
    """The chosen model on the test split."""

    accuracy: float
    accuracy_interval: tuple[float, float]
    """95 % confidence."""
    loss: float
    macro_f1: float
    examples: int


class PromotionResult(Value):
    """What was decided about the model, and what came of it."""

    verdict: Verdict
    ground: Ground
    reason: str
    record: int | None
    """In the champion log; None: it is not, or not yet, promoted."""

    def line(self) -> str:
        """For people."""
        word = {"keep": "kept what is in production", "refuse": "refused"}.get(self.verdict, "due")
        return f"{f'record {self.record}' if self.record else word}: {self.reason}"


class RandomBaseline(Value):
    """What random search would have reached at equal cost."""

    kind: Literal["measured", "estimated"]
    draws: int
    """Scored random trials that it is known from."""
    trials: float
    """That random search would have had."""
    best: float
    """Of these."""
    at_least: float
    """What it would have reached with even chance: a lower bound, with 95 % confidence."""


class Summary(Value):
    """All URIs are absolute; seconds are wall-clock."""

    name: str
    search: str
    objective: str
    trials: dict[Outcome, int]
    duplicates: int
    """Trials that were answered from an earlier one; counted under its outcome, too."""
    stopped: str
    """Why the search ended."""
    best_trial: int | None
    validation_score: float | None
    """Of the best trial."""
    chosen_trial: int | None
    """Of the model: the candidate that did best when it was trained again."""
    test: TestScore | None
    model: str | None
    """The exported SavedModel's folder."""
    report: str
    data_warnings: tuple[str, ...] = ()
    """Of the data card."""
    drift: Drift | None = None
    """How the data differ from those of the champion or, without one, of the search before."""
    promotion: PromotionResult | None = None
    """None: nothing has been decided yet."""
    random_search: RandomBaseline | None = None
    """None: no trials were drawn at random from which it could be told."""
    gpu_hours: float = 0.0
    """Accelerator-hours of the search's attempts, lost ones too."""
    cost: float = 0.0
    """Of the same attempts; 0 where no price is known."""
    used: tuple[str, ...] = ()
    """Both in words, with their caps."""
    seconds: dict[str, float]
    """By step."""

    @field_validator("random_search", mode="before")
    @classmethod
    def _forget_an_interval_that_was_too_narrow(cls, found: Any) -> Any:
        """Of summaries that were written before there was a bound."""
        return None if isinstance(found, dict) and "expected" in found else found

    def lines(self) -> list[str]:
        """The summary for people."""
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.trials.items() if count)
        lines = [f"trials      {counts}; {self.stopped}"]
        lines += (f"data        warning: {warning}" for warning in self.data_warnings)
        if self.drift is not None:
            lines += (f"data        {words}" for words in drift_sentences(self.drift))
        if self.validation_score is not None:
            lines.append(
                f"best        trial {self.best_trial}, {self.objective} {self.validation_score:.4f}"
            )
        if self.random_search is not None:
            lines.append(
                f"random      {self.random_search.at_least:.4f} or better with even chance at equal"
                f" cost ({self.random_search.kind}; 95 % confidence)"
            )
        if self.test is not None:
            low, high = self.test.accuracy_interval
            lines.append(
                f"test        accuracy {self.test.accuracy:.2%} (95 % interval {low:.2%} to"
                f" {high:.2%}) on {self.test.examples} examples"
            )
        if self.promotion is not None:
            lines.append(f"promotion   {self.promotion.line()}")
        if self.model is not None or "retrain" in self.seconds:  # a tuner exports none
            lines.append(f"model       {self.model or 'not exported yet'}")
        lines.append(f"report      {self.report}")
        if self.used:
            lines.append(f"used        {', '.join(self.used)}")
        lines.append(f"seconds     {', '.join(f'{k} {v:.0f}' for k, v in self.seconds.items())}")
        return lines


def summarise(material: ReportInput, report: str) -> Summary:
    """The summary of a run whose report is at ``report``."""
    state, ranked = material.state, material.ranked
    best = ranked[0] if ranked else None
    trials, expense = state.trials.values(), expense_of(state)
    return Summary(
        name=material.config.name,
        search=material.search,
        objective=material.objective,
        trials={outcome: len(state.ended(outcome)) for outcome in Outcome},
        duplicates=sum(trial.proposal.duplicate_of is not None for trial in trials),
        stopped=state.closed.reason if state.closed else "still running",
        best_trial=best.number if best else None,
        validation_score=best.end.score if best and best.end else None,
        chosen_trial=material.winner.trial if material.winner else None,
        test=_test_score(material),
        model=material.winner.model if material.winner else None,
        report=report,
        data_warnings=tuple(material.card.get("warnings", ())),
        drift=material.drift,
        promotion=_promotion(material),
        random_search=_random_baseline(material),
        gpu_hours=round(expense.gpu_hours, 6),
        cost=round(expense.cost, 6),
        used=words_of_use(material.config.search, expense),
        seconds={step: round(seconds, 2) for step, seconds in material.step_seconds.items()},
    )


def write_summary(output: Storage, summary: Summary) -> str:
    """Writes ``summary``; gives its URI."""
    output.write(_NAME, summary.model_dump_json(indent=2).encode() + b"\n")
    return join(output.uri, _NAME)


def read_summary(output: Storage) -> Summary | None:
    """The summary in ``output``; None if no run has come to its end.

    Raises:
        DocumentUnusable: another version of kubenas wrote it.
    """
    remedy = "run 'kubenas report' again"
    return find_document(output, _NAME, Summary, what="a summary", remedy=remedy)


def _random_baseline(material: ReportInput) -> RandomBaseline | None:
    found = estimate_random_search(material)
    if found is None:
        return None
    return RandomBaseline(
        kind=found.kind,
        draws=found.draws,
        trials=round(found.trials, 2),
        best=found.best,
        at_least=found.at_least,
    )


def _promotion(material: ReportInput) -> PromotionResult | None:
    decision, record = material.decision, material.promotion
    if decision is None:
        return None
    return PromotionResult(
        verdict=decision.verdict,
        ground=decision.ground,
        reason=decision.reason,
        record=record.number if record else None,
    )


def _test_score(material: ReportInput) -> TestScore | None:
    evaluation = material.evaluation
    if evaluation is None:
        return None
    interval = evaluation.accuracy_interval
    return TestScore(
        accuracy=evaluation.accuracy,
        accuracy_interval=(interval.low, interval.high),
        loss=evaluation.loss,
        macro_f1=evaluation.macro_f1,
        examples=evaluation.examples,
    )
