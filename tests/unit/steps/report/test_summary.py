"""Simple models in the summary of a run."""

from dataclasses import replace

from kubenas.reporting.simple_models import simple_model_sentence
from kubenas.steps.report.summary import Summary, summarise
from kubenas.training.evaluation import ComparedModel
from tests.unit.reporting.materials import Shape, material

MODELS = (
    ComparedModel(
        kind="majority", correct=150, examples=1_500, trained_on=7_000, train_seconds=0.0
    ),
    ComparedModel(kind="linear", correct=900, examples=1_500, trained_on=7_000, train_seconds=2.0),
)


def summary() -> Summary:
    report = material(Shape(12))
    assert report.evaluation
    evaluation = report.evaluation.model_copy(update={"simple_models": MODELS})
    return summarise(replace(report, evaluation=evaluation), "report.html")


def test_lines_list_simple_models_and_compare_the_best() -> None:
    lines = summary().lines()
    assert [line for line in lines if line.startswith("simple ")] == [
        "simple      a linear model on the pixels: accuracy 60.00 % (95 % CI 57.50 to 62.45),"
        " trained in 2.0 s",
        "simple      always predicting the most frequent class \u201cclass 0\u201d:"
        " accuracy 10.00 % (95 % CI 8.58 to 11.62)",
    ]
    (compared,) = [line for line in lines if line.startswith("compared ")]
    assert "percentage points more accurate than a linear model on the pixels" in compared
    assert "\u202f" not in compared


def test_json_has_simple_models() -> None:
    found = Summary.from_json(summary().to_json())
    assert [model.kind for model in found.simple_models] == ["linear", "majority"]
    assert found.simple_models[0].accuracy == 0.6
    assert found.comparison.startswith("The network is ")


def test_a_summary_without_simple_models_is_read() -> None:
    """Summaries of earlier versions have no such fields."""
    old = summary().model_dump(mode="json", exclude={"simple_models", "comparison"})
    assert Summary.model_validate(old).simple_models == ()
    unfinished = summarise(material(Shape(12, finished=False)), "report.html")
    assert not [line for line in unfinished.lines() if line.startswith(("simple", "compared"))]
    assert simple_model_sentence(material(Shape(12, finished=False))) == ""
