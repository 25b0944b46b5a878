"""The summary of a run: ``summary.json`` and the lines that the command line prints."""

from typing import Any, Literal

from pydantic import field_validator

from kubenas.data.drift import Drift
from kubenas.reporting.cards import drift_sentences
from kubenas.reporting.formatting import ascii_spaces
from kubenas.reporting.random_search import estimate_random_search
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.simple_models import (
    compared_model_name,
    default_network_sentence,
    find_simple_models,
    simple_model_sentence,
)
from kubenas.search.budget import describe_usage, total_cost
from kubenas.serving.gate import Ground, Verdict
from kubenas.storage import Storage, join
from kubenas.storage.document import find_document
from kubenas.training.evaluation import ComparedModelKind
from kubenas.trial import Outcome, SearchId, Value

_NAME = "summary.json"


class TestScore(Value):
    """The chosen model on the test split."""

    accuracy: float
    accuracy_interval: tuple[float, float]
    """95 % confidence interval."""
    loss: float
    macro_f1: float
    examples: int


class ComparedModelScore(Value):
    """A simple model or the default network on the test split."""

    kind: ComparedModelKind
    name: str
    accuracy: float
    accuracy_interval: tuple[float, float]
    """95 % confidence interval."""
    train_seconds: float

    def line(self) -> str:
        """Returns the result as a line of text."""
        low, high = self.accuracy_interval
        trained = f", trained in {self.train_seconds:.1f} s" if self.kind != "majority" else ""
        return (
            f"{self.name}: accuracy {100 * self.accuracy:.2f} % (95 % CI {100 * low:.2f} to"
            f" {100 * high:.2f}){trained}"
        )


class PromotionResult(Value):
    """The decision on the model and its promotion."""

    verdict: Verdict
    ground: Ground
    reason: str
    record: int | None
    """Number of the record in the champion log; None if the model has not been promoted."""

    def line(self) -> str:
        """Returns the decision as a line of text."""
        word = {"keep": "champion kept", "refuse": "refused"}.get(self.verdict, "due")
        return f"{f'record {self.record}' if self.record else word}: {self.reason}"


class RandomBaseline(Value):
    """The score that random search would have reached at equal cost."""

    kind: Literal["measured", "estimated"]
    draws: int
    """Number of scored random trials that the estimate uses."""
    trials: float
    """Number of trials that random search would have run."""
    best: float
    """Best score of the random trials."""
    at_least: float
    """Bound of the median best score of random search, with 95 % confidence."""


class Summary(Value):
    """``summary.json``. URIs are absolute, and seconds are wall-clock time."""

    name: str
    search: SearchId
    objective: str
    trials: dict[Outcome, int]
    duplicates: int
    """Trials that took the result of an earlier trial; also counted in ``trials``."""
    stopped: str
    """Why the search ended."""
    best_trial: int | None
    validation_score: float | None
    """Score of the best trial."""
    chosen_trial: int | None
    """Trial of the model: the candidate with the best score after retraining."""
    test: TestScore | None
    simple_models: tuple[ComparedModelScore, ...] = ()
    """Simple models on the same test split, the best first."""
    comparison: str = ""
    """Comparison of the model with the best simple model, in one sentence."""
    compared_with_default: str = ""
    """Comparison of the model with the default network of the space, in one sentence."""
    model: str | None
    """URI of the folder of the exported SavedModel."""
    report: str
    data_warnings: tuple[str, ...] = ()
    """Warnings of the data card."""
    drift: Drift | None = None
    """Drift relative to the data of the champion, or of the previous search without a champion."""
    promotion: PromotionResult | None = None
    """None before the decision."""
    random_search: RandomBaseline | None = None
    """None if the search has no random trials to estimate it from."""
    gpu_hours: float = 0.0
    """Accelerator hours of all attempts of the search, including lost attempts."""
    cost: float = 0.0
    """Cost of these attempts; 0 if no price is set."""
    used: tuple[str, ...] = ()
    """GPU hours and cost as text, with their limits."""
    seconds: dict[str, float]
    """Seconds by step."""

    @field_validator("random_search", mode="before")
    @classmethod
    def _drop_old_random_baseline(cls, found: Any) -> Any:
        """Drops the field of older versions, which had an expected value and no bound."""
        return None if isinstance(found, dict) and "expected" in found else found

    def lines(self) -> list[str]:
        """Returns the summary as lines of text."""
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
                f"random      median best score at equal cost: {self.random_search.at_least:.4f} or"
                f" better (95 % confidence, {self.random_search.kind})"
            )
        if self.test is not None:
            low, high = self.test.accuracy_interval
            lines.append(
                f"test        accuracy {100 * self.test.accuracy:.2f} % (95 % CI {100 * low:.2f} to"
                f" {100 * high:.2f}, n = {self.test.examples})"
            )
        lines += (f"simple      {model.line()}" for model in self.simple_models)
        compared = (self.comparison, self.compared_with_default)
        lines += (f"compared    {sentence}" for sentence in compared if sentence)
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
    """Builds the summary of a run; ``report`` is the URI of its report."""
    state, ranked = material.state, material.ranked
    best = ranked[0] if ranked else None
    trials, cost = state.trials.values(), total_cost(state)
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
        simple_models=_simple_models(material),
        comparison=ascii_spaces(simple_model_sentence(material)),
        compared_with_default=ascii_spaces(default_network_sentence(material)),
        model=material.winner.model if material.winner else None,
        report=report,
        data_warnings=tuple(material.card.get("warnings", ())),
        drift=material.drift,
        promotion=_promotion(material),
        random_search=_random_baseline(material),
        gpu_hours=round(cost.gpu_hours, 6),
        cost=round(cost.money, 6),
        used=describe_usage(material.config.search, cost),
        seconds={step: round(seconds, 2) for step, seconds in material.step_seconds.items()},
    )


def write_summary(output: Storage, summary: Summary) -> str:
    """Writes ``summary`` and returns its URI."""
    output.write(_NAME, summary.model_dump_json(indent=2).encode() + b"\n")
    return join(output.uri, _NAME)


def read_summary(output: Storage) -> Summary | None:
    """Returns the summary in ``output``; None if no run has finished.

    Raises:
        DocumentUnusable: Another version of kubenas wrote the summary.
    """
    remedy = "run 'kubenas report' again"
    return find_document(output, _NAME, Summary, what="a summary", remedy=remedy)


def _simple_models(material: ReportInput) -> tuple[ComparedModelScore, ...]:
    return tuple(
        ComparedModelScore(
            kind=model.kind,
            name=compared_model_name(material, model),
            accuracy=model.accuracy,
            accuracy_interval=(model.accuracy_interval.low, model.accuracy_interval.high),
            train_seconds=model.train_seconds,
        )
        for model in find_simple_models(material)
    )


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
