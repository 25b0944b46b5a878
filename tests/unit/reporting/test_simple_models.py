"""The comparison with simple models in the headline, the report and the model card."""

from dataclasses import replace

import pytest

from kubenas.reporting.cards.model_card import render_model_card
from kubenas.reporting.comparison import comparison_sentences
from kubenas.reporting.headline import headline
from kubenas.reporting.report import render_report
from kubenas.reporting.report_input import ReportInput
from kubenas.reporting.simple_models import model_rows, simple_model_sentence
from kubenas.training.evaluation import ComparedModel, wilson_interval
from tests.unit.reporting.materials import Shape, evaluation, material
from tests.unit.reporting.page import Page

MAJORITY = ComparedModel(
    kind="majority", correct=150, examples=1_500, trained_on=7_000, train_seconds=0.0
)


def linear(correct: int) -> ComparedModel:
    return ComparedModel(
        kind="linear", correct=correct, examples=1_500, trained_on=7_000, train_seconds=8.14
    )


def compared(right: int, *models: ComparedModel) -> ReportInput:
    """Returns a report on a network with ``right`` of 1,500 correct predictions."""
    report = material(Shape(12))
    assert report.evaluation
    assert report.winner
    changes = {
        "accuracy": right / 1_500,
        "accuracy_interval": wilson_interval(right, 1_500),
        "simple_models": models,
    }
    return replace(
        report,
        evaluation=report.evaluation.model_copy(update=changes),
        winner=replace(report.winner, latency_ms=1.2),
    )


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_a_better_network_by_how_much_and_at_what_latency() -> None:
    report = compared(1_276, linear(1_092), MAJORITY)
    sentence = (
        "The network is 12.3 percentage points more accurate than a linear model on the pixels"
        " (85.1 % against 72.8 %, n = 1 500) at 1.20 ms per example."
    )
    assert plain(simple_model_sentence(report)) == sentence
    assert plain(headline(report)).startswith("Test accuracy 85.1 %")
    page = Page(render_report(report))
    assert page.text.count(sentence) == 1
    assert sentence in render_model_card(report)


@pytest.mark.parametrize(
    ("network", "simple", "word"),
    [(1_276, 1_260, "as good as"), (1_276, 1_290, "as good as"), (1_276, 1_400, "better than")],
)
def test_the_headline_says_first_that_a_simple_model_is_as_good(
    network: int, simple: int, word: str
) -> None:
    report = compared(network, linear(simple), MAJORITY)
    sentence = (
        f"A linear model on the pixels is {word} the network: test accuracy {simple / 15:.1f} %"
        " against 85.1 % (95 % CI 83.2 to 86.8, n = 1 500)."
    )
    assert plain(headline(report)).startswith(f"{sentence} Test accuracy 85.1 %")
    assert not any("linear model" in text for text in comparison_sentences(report))
    assert Page(render_report(report)).text.count(sentence) == 1
    assert sentence in render_model_card(report)


def test_the_best_simple_model_counts() -> None:
    report = compared(1_276, linear(100), MAJORITY)
    assert "always predicting the most frequent class \u201cclass 0\u201d (85.1" in plain(
        simple_model_sentence(report)
    )


def test_a_pretrained_network_is_one_of_the_models() -> None:
    pretrained = linear(1_400).model_copy(update={"kind": "pretrained"})
    report = compared(1_276, pretrained, linear(1_092), MAJORITY)
    assert plain(headline(report)).startswith(
        "A linear model on the features of a pretrained network is better than the network: test"
        " accuracy 93.3 % against 85.1 %"
    )
    names = [row.name for row in model_rows(report)]
    assert names[1] == "a linear model on the features of a pretrained network"


def test_the_table_has_all_models() -> None:
    report = compared(1_276, linear(1_092), MAJORITY)
    rows = [
        ["the network", "85.07 %", "83.2 to 86.8", "7 000", "9.5 s"],
        ["a linear model on the pixels", "72.80 %", "70.5 to 75.0", "7 000", "8.1 s"],
        [
            "always predicting the most frequent class \u201cclass 0\u201d",
            "10.00 %",
            "8.6 to 11.6",
            "7 000",
            "\u2013",
        ],
    ]
    page = Page(render_report(report))
    (table,) = [found for found in page.tables if "Training examples" in found[0]]
    assert [[plain(cell) for cell in row] for row in table[1:]] == rows
    card = render_model_card(report)
    assert all(f"| {' | '.join(row)} |" in card for row in rows)


def default(correct: int) -> ComparedModel:
    return linear(correct).model_copy(update={"kind": "default"})


BY_THE_SAME_RULES = "the default network of the space, which was retrained by the same rules"


@pytest.mark.parametrize(
    ("correct", "more", "figures"),
    [
        (1_200, "5.1 percentage points more accurate than", "80.0 %, n = 1 500)."),
        (
            1_270,
            "0.4 percentage points more accurate than",
            "84.7 %, n = 1 500); the difference is within the confidence interval.",
        ),
        (1_400, "8.3 percentage points less accurate than", "93.3 %, n = 1 500)."),
        (1_276, "exactly as accurate as", "85.1 %, n = 1 500)."),
    ],
)
def test_the_network_is_compared_with_the_default_network(
    correct: int, more: str, figures: str
) -> None:
    report = compared(1_276, default(correct), linear(1_092), MAJORITY)
    whole = (
        f"On the test split, the network that the search chose is {more} {BY_THE_SAME_RULES}"
        f" (85.1 % against {figures}"
    )
    assert whole in [plain(text) for text in comparison_sentences(report)]
    assert plain(headline(report)).startswith("Test accuracy 85.1 %")
    assert "a linear model on the pixels" in simple_model_sentence(report)
    assert "the default network of the space" in [row.name for row in model_rows(report)]


def test_a_chosen_default_network_is_said() -> None:
    report = compared(1_276, linear(1_092), MAJORITY)
    assert report.winner
    told = "The chosen network is the default network of the space: the search found no better one."
    assert told not in comparison_sentences(report)
    assert told in comparison_sentences(replace(report, default_trial=report.winner.trial))


def test_an_old_evaluation_is_compared_with_the_majority_class() -> None:
    report = compared(1_276)
    assert len(model_rows(report)) == 2
    assert "always predicting the most frequent class" in simple_model_sentence(report)


def test_majority_class_of_the_training_split() -> None:
    report = material(Shape(12, classes=2), evaluation=evaluation(("no", "yes")))
    assert report.schema
    counts = {"train": (10, 90), "validation": (50, 50), "test": (75, 25)}
    splits = {
        name: split.model_copy(update={"class_counts": counts[name], "examples": 100})
        for name, split in report.schema.splits.items()
    }
    schema = report.schema.model_copy(update={"splits": splits, "classes": ("no", "yes")})
    row = model_rows(replace(report, schema=schema))[-1]
    assert row.name == "always predicting the most frequent class \u201cyes\u201d"
    assert plain(row.accuracy) == "25.00 %"


def test_no_comparison_before_the_evaluation() -> None:
    report = material(Shape(12, finished=False))
    assert simple_model_sentence(report) == ""
    assert model_rows(report) == []
    assert "simple models" not in Page(render_report(report)).text
    assert "| model |" not in render_model_card(report)
