"""Promotion decisions on models for texts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kubenas.data.dataset.schema import SCHEMA_FILE, TextForm, read_schema
from kubenas.serving.champion import ChampionLog
from kubenas.serving.gate.gate import Decision, Ground
from kubenas.steps.evaluate import evaluate
from kubenas.steps.promote import promote
from kubenas.steps.report.writing import report
from kubenas.steps.setup.context import RunContext
from kubenas.storage import open_storage
from tests.unit.steps.finished_runs import correct_examples, finished_run, write_evaluation

Weeks = Callable[..., RunContext]


def with_texts(context: RunContext, *vocabulary: str, length: int) -> RunContext:
    """Makes the data set of ``context`` one of texts."""
    dataset = open_storage(context.dataset)
    form = TextForm(split="whitespace", vocabulary=vocabulary)
    changes = {
        "kind": "text", "task": "text-classification", "dtype": "string", "shape": (length,),
        "normalization": None, "text": form,
    }  # fmt: skip
    schema = read_schema(dataset).model_copy(update=changes)
    dataset.write(SCHEMA_FILE, schema.to_json())
    return context


def promoted(context: RunContext) -> RunContext:
    evaluate(context)
    report(context)
    promote(context)
    return context


def second_week(root: str) -> RunContext:
    """Returns a better model of images, next to an evaluation of the champion on its data."""
    context = finished_run(root, 2, correct_examples(1860))
    write_evaluation(context.output, context.search_id, "champion/00001", correct_examples(1800))
    return context


def decision_of(context: RunContext) -> Decision:
    return evaluate(context).decision


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "out")


@pytest.mark.parametrize(
    ("vocabulary", "length"),
    [(("good", "bad"), 8), (("bad", "fine", "good"), 8), (("good", "bad"), 256)],
    ids=["the same", "other words", "longer"],
)
def test_words_and_length_are_no_difference_of_the_input(
    root: str, vocabulary: tuple[str, ...], length: int
) -> None:
    first = finished_run(root, 1, correct_examples(1800))
    promoted(with_texts(first, "good", "bad", length=8))
    decision = decision_of(with_texts(second_week(root), *vocabulary, length=length))
    assert (decision.ground, decision.verdict) == (Ground.BETTER, "promote")


def test_the_record_of_a_champion_for_texts_has_no_shape(root: str) -> None:
    first = finished_run(root, 1, correct_examples(1800))
    promoted(with_texts(first, "good", "bad", length=8))
    (record,) = ChampionLog(first.output).history()
    assert record.model.input_shape == ()


def test_a_model_for_texts_does_not_replace_one_for_images(root: str) -> None:
    promoted(finished_run(root, 1, correct_examples(1800)))
    decision = decision_of(with_texts(second_week(root), "good", length=8))
    assert (decision.ground, decision.verdict) == (Ground.INCOMPATIBLE, "keep")
    assert "input shape of a text instead of 2×2×1" in decision.reason  # noqa: RUF001


def test_a_model_for_images_does_not_replace_one_for_texts(root: str) -> None:
    first = finished_run(root, 1, correct_examples(1800))
    promoted(with_texts(first, "good", "bad", length=8))
    decision = decision_of(second_week(root))
    assert (decision.ground, decision.verdict) == (Ground.INCOMPATIBLE, "keep")
    assert "input shape 2×2×1 instead of that of a text" in decision.reason  # noqa: RUF001
