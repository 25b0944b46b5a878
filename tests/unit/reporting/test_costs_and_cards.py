import math
from dataclasses import replace

import pytest

from kubenas.data.dataset.card import DataCard
from kubenas.reporting.cards.data_card import render_data_card
from kubenas.reporting.cards.markdown import escape
from kubenas.reporting.cards.model_card import render_model_card
from kubenas.reporting.report_input import Retrained
from kubenas.reporting.tables.costs import trial_costs
from kubenas.reporting.tables.failures import REASONS, group_failures
from kubenas.reporting.tables.retraining import summarize_candidates
from kubenas.trial import FailureClass

from .materials import NASTY, Shape, material, search_state


@pytest.mark.parametrize("shape", [Shape(0), Shape(12), Shape(12, finished=False), Shape(200)])
def test_seconds_and_attempts_are_counted_once(shape) -> None:
    state = search_state(shape)
    items = trial_costs(state)
    assert math.isclose(
        sum(item.seconds for item in items), sum(t.seconds for t in state.trials.values())
    )
    running = sum(trial.in_flight for trial in state.trials.values())
    started = sum(len(trial.started) for trial in state.trials.values())
    assert sum(item.attempts for item in items) == started - running


def test_an_attempt_that_ended_its_trial_was_not_retried() -> None:
    groups = {(g.reason, g.consequence): g for g in group_failures(search_state(Shape(40)))}
    killed = groups[REASONS[FailureClass.HOST_OOM], "failed"]
    assert killed.trials == (5, 28)
    assert killed.seconds == pytest.approx(2.4)
    assert (REASONS[FailureClass.HOST_OOM], "retried") not in groups
    evicted = groups[REASONS[FailureClass.DISRUPTION], "retried"]
    assert evicted.trials == (4, 13 + 9, 31)
    assert evicted.example == "evicted <by> the node"


def test_every_failure_class_has_a_description() -> None:
    assert set(REASONS) == set(FailureClass)


def test_candidates_list_scores_by_seed() -> None:
    runs = [Retrained(7, 1, 0.5, 2.0), Retrained(7, 2, 0.7, 3.0), Retrained(3, 2, None, 1.0)]
    first, second = summarize_candidates(runs)
    assert (first.trial, first.scores, first.mean) == (7, (0.5, 0.7), 0.6)
    assert first.spread == pytest.approx(0.1 * math.sqrt(2))
    assert first.seconds == 5.0
    assert (second.scores, second.mean, second.spread) == ((None, None), None, None)


@pytest.mark.parametrize("shape", [Shape(0), Shape(12, finished=False), Shape(40, "min", 100)])
def test_model_card_has_all_sections(shape) -> None:
    card = render_model_card(material(shape))
    sections = [line for line in card.splitlines() if line.startswith("## ")]
    assert sections == [
        "## Use",
        "## Quality",
        "## Network",
        "## Data and training",
        "## Limits",
        "## Lineage",
    ]
    assert "\u202f" not in card
    assert not card.startswith("\n")


def test_model_card_describes_the_model() -> None:
    report = material(Shape(40))
    card = render_model_card(report)
    assert report.evaluation
    assert report.winner
    assert f"Test accuracy {100 * report.evaluation.accuracy:.1f} % (95 % CI " in card
    assert "`runs/fashion/export`" in card
    assert f"- optimizer: {report.winner.values['optimizer']}" in card
    assert "float32, (batch, 28, 28, 1)" in card


def test_model_card_names_averaged_weights_and_class_weights_if_they_are_on() -> None:
    report = material(Shape(12))
    plain = render_model_card(report)
    assert "moving average" not in plain
    assert "Weights of the classes" not in plain
    training = report.config.training.model_copy(
        update={"average_weights": 0.999, "class_weights": "balanced"}
    )
    config = report.config.model_copy(update={"training": training})
    card = render_model_card(replace(report, config=config))
    assert "The weights are an exponential moving average, with decay 0.999." in card
    assert "Weights of the classes in the loss: balanced." in card


def test_model_card_tells_the_precision_of_the_training() -> None:
    report = material(Shape(40))
    assert report.winner
    assert "precision: auto." in render_model_card(report)
    trained = replace(report, winner=replace(report.winner, precision="mixed_bfloat16"))
    assert "precision: mixed_bfloat16." in render_model_card(trained)


def test_model_card_tells_where_the_splits_come_from() -> None:
    report = material(Shape(12))
    assert "; split by content." in render_model_card(report)
    assert report.schema
    schema = report.schema.model_copy(update={"own_splits": ("train", "test")})
    card = render_model_card(replace(report, schema=schema))
    assert "; splits of the source: train, test." in card


def test_cards_escape_user_texts() -> None:
    report = material(Shape(12, nasty=True))
    card = render_model_card(report)
    assert "<script>" not in card
    assert "| a\\|b |" in card
    assert "&lt;script>" in card


def test_data_card_has_a_row_for_each_escaped_class() -> None:
    names = (*NASTY, "two\nlines")
    card = render_data_card(
        DataCard(
            source="<i>.npz",
            digest="d",
            task="image-classification",
            examples=10,
            shape=(8, 8, 1),
            dtype="uint8",
            classes=names,
            counts={"train": (1, 2, 3, 4, 5)},
            imbalance=5.0,
            duplicates=0,
            label_conflicts=0,
            seed=1,
            notes=("a <b>",),
            warnings=("<u>",),
        )
    )
    assert not any(mark in card for mark in ("<script", "<i>", "<b>", "<u>", "<img"))
    rows = [line for line in card.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(names)
    assert rows[4] == "| a\\|b | 3 |"
    assert rows[6] == "| two lines | 5 |"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("![x](https://a.b/c.png)", r"!\[x\](https:\//a.b/c.png)"),
        ("www.a.b", r"www\.a.b"),
        ("__init__ of a_b", r"\_\_init\_\_ of a_b"),
        ("*a* `b` ~c~", r"\*a\* \`b\` \~c\~"),
        ("a\\|b", r"a\\\|b"),
        ("# a", r"\# a"),
    ],
)
def test_markdown_syntax_in_names_is_escaped(name: str, shown: str) -> None:
    assert escape(name) == shown
