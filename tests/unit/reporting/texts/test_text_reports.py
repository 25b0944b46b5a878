"""Report and cards of texts. Texts come from users: they are never markup."""

import re
from dataclasses import replace
from typing import Any

import pytest

from kubenas.data.dataset.card import DataCard
from kubenas.data.dataset.schema import DataSchema, TextForm
from kubenas.reporting.cards.data_card import render_data_card
from kubenas.reporting.cards.model_card import render_model_card
from kubenas.reporting.report import render_report
from kubenas.reporting.report_input import ReportInput
from kubenas.training.evaluation import ComparedModel
from tests.unit.reporting.materials import NASTY, Shape, class_names, data_schema, material
from tests.unit.reporting.page import Page

SHAPE = Shape(12, classes=2)
SAMPLES = (
    *NASTY,
    "one | two | three",
    "# heading * item ```code``` [link](http://evil.example/) ~~no~~",
    "</td></table><script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202eright to left \U0001f600 \u96ea",
)


def text_schema() -> DataSchema:
    changes: dict[str, Any] = {
        "kind": "text",
        "task": "text-classification",
        "shape": (64,),
        "dtype": "string",
        "normalization": None,
        "text": TextForm(split="whitespace", vocabulary=("good", "<b>bad</b>")),
    }
    return data_schema(class_names(SHAPE)).model_copy(update=changes)


def card(samples: tuple[str, ...] = SAMPLES) -> DataCard:
    names = class_names(SHAPE)
    return DataCard(
        source="texts|1.jsonl",
        digest="abcdef012345",
        task="text-classification",
        examples=100,
        kind="text",
        shape=(64,),
        dtype="string",
        classes=names,
        counts={"train": (35, 35), "validation": (8, 7), "test": (7, 8)},
        imbalance=1.0,
        duplicates=0,
        near_duplicates=0,
        label_conflicts=0,
        seed=1,
        notes=("vocabulary: the 2 most frequent words",),
        warnings=(),
        samples=dict.fromkeys(names, samples),
    )


@pytest.fixture
def report() -> ReportInput:
    content = card().model_dump(mode="json")
    return material(SHAPE, schema=text_schema(), card=content, examples=None)


def test_the_report_shows_samples_as_they_are(report: ReportInput) -> None:
    page = Page(render_report(report))
    assert not {"script", "b>bad"} & set(page.tags)
    assert not [load for load in page.loads if "evil" in load]
    (shown,) = [table for table in page.tables if table[0] == ["Class", "Example"]]
    assert len(shown) == 1 + 2 * len(SAMPLES)
    cells = [text for _, text in shown[1:]]
    assert all(text in cells for text in SAMPLES[:8])
    assert (
        "Texts, of which a model reads the beginning: 64 words or characters; 2 classes."
        in page.text
    )


def test_the_report_has_no_words_for_images(report: ReportInput) -> None:
    text = Page(render_report(report)).text.lower().replace("selected network image", "")
    results, _, config = text.partition("name: fashion")
    assert config
    assert not [word for word in ("image", "pixel") if word in results]


def test_the_linear_model_has_the_name_of_its_features(report: ReportInput) -> None:
    linear = ComparedModel(
        kind="linear", correct=200, examples=300, trained_on=1_400, train_seconds=2.0
    )
    assert report.evaluation
    evaluation = report.evaluation.model_copy(update={"simple_models": (linear,)})
    with_texts = replace(report, evaluation=evaluation)
    for each in (Page(render_report(with_texts)).text, render_model_card(with_texts)):
        assert "a linear model on the words, weighted by TF-IDF" in each
        assert "pixel" not in each
    page = Page(render_report(with_texts))
    assert "logistic regression on the words, weighted by TF-IDF;" in page.text


def test_a_report_without_a_data_set_or_samples_is_written(report: ReportInput) -> None:
    Page(render_report(replace(report, schema=None, card={})))
    bare = card(()).model_copy(update={"samples": {}}).model_dump(mode="json")
    page = Page(render_report(replace(report, card=bare)))
    assert not [table for table in page.tables if table[0] == ["Class", "Example"]]


def test_the_data_card_has_a_row_for_each_sample() -> None:
    lines = render_data_card(card()).splitlines()
    start = lines.index("| class | example |")
    rows = lines[start + 2 :]
    assert len(rows) == 2 * len(SAMPLES)
    for row in rows:
        assert row.replace("\\|", "").count("|") == 3
        assert "<" not in row
        assert not re.search(r"(?<!\\)[\[\]`*~#]", row)
    assert "- texts, of which a model reads the beginning: 64 words or characters" in lines
    assert "- label conflicts (same text in two classes): 0" in lines


def test_the_data_card_of_images_has_no_samples() -> None:
    assert "example |" not in render_data_card(card().model_copy(update={"samples": {}}))


def test_the_model_card_describes_texts(report: ReportInput) -> None:
    lines = render_model_card(report).splitlines()
    assert "text-classification: assigns a text to one of 2 classes." in lines
    assert "Input `text`: string, (batch,), UTF-8; the model includes the vocabulary." in lines
    text = " ".join(lines)
    assert "Other languages, subjects or classes are not covered." in text
    assert "to unrelated texts, too." in text
    assert "image" not in text.lower()
