"""The network beside simple models and the default network on the same test split.

Evaluations of earlier versions contain no simple models. For them, the majority class is computed
from the class counts of the data set.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kubenas.data.kinds.registry import example_kind
from kubenas.reporting.formatting import (
    count,
    duration,
    milliseconds,
    percent,
    percent_interval,
)
from kubenas.reporting.report_input import ReportInput
from kubenas.training.evaluation import ComparedModel, Evaluation, Interval
from kubenas.training.simple_models.majority_class import evaluate_majority_class, majority_class


@dataclass(frozen=True)
class ModelRow:
    """The test result of the network, the default network or a simple model."""

    name: str
    accuracy: str
    interval: str
    """95 % confidence interval in per cent."""
    examples: str
    """Number of training examples."""
    training: str
    """Duration of the training, without a search; a dash if there is none."""


def find_simple_models(report: ReportInput) -> tuple[ComparedModel, ...]:
    """Returns the simple models on the test split, the best first; empty before the evaluation.

    The default network of the space is none of them.
    """
    if report.evaluation is None or report.schema is None:
        return ()
    found = tuple(model for model in report.evaluation.simple_models if model.kind != "default")
    if not found and report.schema.splits["test"].examples:
        found = (evaluate_majority_class(report.schema),)
    return tuple(sorted(found, key=lambda model: model.accuracy, reverse=True))


def find_default_network(report: ReportInput) -> ComparedModel | None:
    """Returns the retrained default network on the test split, if another network is chosen."""
    models = report.evaluation.simple_models if report.evaluation else ()
    return next((model for model in models if model.kind == "default"), None)


def default_network_sentence(report: ReportInput) -> str:
    """Says by how much the search's network is better than the default network; empty if unknown.

    The default network is part of the search, so it is itself chosen if it has the best score.
    """
    if report.decided and report.winner and report.winner.trial == report.default_trial:
        return (
            "The chosen network is the default network of the space: the search found no better"
            " one."
        )
    evaluation, default = report.evaluation, find_default_network(report)
    if evaluation is None or default is None:
        return ""
    points = 100 * (evaluation.accuracy - default.accuracy)
    interval = evaluation.accuracy_interval
    within = interval.low <= default.accuracy <= interval.high
    words = f"{abs(points):.1f} percentage points {'less' if points < 0 else 'more'} accurate than"
    return (
        "On the test split, the network that the search chose is"
        f" {words if points else 'exactly as accurate as'} the default network of the space, which"
        f" was retrained by the same rules ({percent(evaluation.accuracy)} against"
        f" {percent(default.accuracy)}, n = {count(evaluation.examples)})"
        f"{'; the difference is within the confidence interval' if within and points else ''}."
    )


def is_network_better(report: ReportInput) -> bool:
    """Whether the network's interval is above the accuracy of every simple model."""
    models = find_simple_models(report)
    if report.evaluation is None or not models:
        return True
    return report.evaluation.accuracy_interval.low > models[0].accuracy


def simple_model_sentence(report: ReportInput) -> str:
    """Compares the network with the best simple model; empty before the evaluation."""
    models = find_simple_models(report)
    if report.evaluation is None or not models:
        return ""
    if is_network_better(report):
        return _better(report, report.evaluation, models[0])
    return _not_better(report, report.evaluation, models[0])


def compared_model_name(report: ReportInput, model: ComparedModel) -> str:
    """Returns the name of ``model`` in a sentence or a table."""
    if model.kind == "linear":
        return f"a linear model on the {linear_features(report)}"
    if model.kind == "pretrained":
        return "a linear model on the features of a pretrained network"
    if model.kind == "default":
        return "the default network of the space"
    schema = report.schema
    common = f" \u201c{schema.classes[majority_class(schema)]}\u201d" if schema else ""
    return f"always predicting the most frequent class{common}"


def linear_features(report: ReportInput) -> str:
    """Returns what the linear model is fitted to."""
    return example_kind(report.schema.kind if report.schema else "image").linear_features


def model_rows(report: ReportInput) -> list[ModelRow]:
    """Returns the results of the network and of the others; empty before the evaluation."""
    default, models = find_default_network(report), find_simple_models(report)
    if default is not None:
        models = (default, *models)
    return [*_network_row(report), *(_compared_row(report, model) for model in models)]


def _better(report: ReportInput, evaluation: Evaluation, model: ComparedModel) -> str:
    points = 100 * (evaluation.accuracy - model.accuracy)
    latency = report.chosen.latency_ms if report.chosen else None
    at = "" if latency is None else f" at {milliseconds(latency)} per example"
    return (
        f"The network is {points:.1f} percentage points more accurate than"
        f" {compared_model_name(report, model)} ({percent(evaluation.accuracy)} against"
        f" {percent(model.accuracy)}, n = {count(evaluation.examples)}){at}."
    )


def _not_better(report: ReportInput, evaluation: Evaluation, model: ComparedModel) -> str:
    name, interval = compared_model_name(report, model), evaluation.accuracy_interval
    word = "better than" if model.accuracy > interval.high else "as good as"
    return (
        f"{name[0].upper()}{name[1:]} is {word} the network: test accuracy"
        f" {percent(model.accuracy)} against {percent(evaluation.accuracy)}"
        f" (95 % CI {_interval(interval)},"
        f" n = {count(evaluation.examples)})."
    )


def _network_row(report: ReportInput) -> Iterator[ModelRow]:
    evaluation, schema = report.evaluation, report.schema
    if evaluation is None or schema is None:
        return
    yield ModelRow(
        name="the network",
        accuracy=percent(evaluation.accuracy, 2),
        interval=_interval(evaluation.accuracy_interval),
        examples=count(schema.splits["train"].examples),
        training=_duration(_network_seconds(report)),
    )


def _compared_row(report: ReportInput, model: ComparedModel) -> ModelRow:
    return ModelRow(
        name=compared_model_name(report, model),
        accuracy=percent(model.accuracy, 2),
        interval=_interval(model.accuracy_interval),
        examples=count(model.trained_on),
        training=_duration(None if model.kind == "majority" else model.train_seconds),
    )


def _interval(interval: Interval) -> str:
    return percent_interval(interval.low, interval.high)


def _duration(seconds: float | None) -> str:
    return "\u2013" if seconds is None else duration(seconds)


def _network_seconds(report: ReportInput) -> float | None:
    """Returns the duration of the training of the exported model, without the search."""
    sign = 1 if report.direction == "max" else -1
    scored = [
        (sign * each.score, each.seconds)
        for each in report.retrained
        if report.winner and each.trial == report.winner.trial and each.score is not None
    ]
    return max(scored)[1] if scored else None
