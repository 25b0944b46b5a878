"""Sentences and tables on promotion in the report."""

from dataclasses import replace

import pytest

from kubenas.config.promotion import PromotionConfig
from kubenas.reporting.report import render_report
from kubenas.reporting.report_input import ReportInput
from kubenas.serving.champion import ModelMetrics
from kubenas.serving.gate.gate import Challenger, EvaluatedChampion, Ground, NoComparison, decide
from kubenas.serving.gate.paired import PairedComparison, paired_interval
from tests.unit.reporting.materials import Shape, material
from tests.unit.reporting.page import Page
from tests.unit.serving.champions import record

CHALLENGER = ModelMetrics(
    examples=1_500, accuracy=0.91, loss=0.25, macro_f1=0.9, parameters=1_200, latency_ms=0.4
)
CHAMPION = CHALLENGER.model_copy(update={"accuracy": 0.9, "parameters": 2_400})


def decided(gained: int, lost: int) -> ReportInput:
    low, high = paired_interval(gained, lost, 1_500, confidence=0.95)
    found = PairedComparison(
        examples=1_500, gained=gained, lost=lost, confidence=0.95, low=low, high=high
    )
    opponent = EvaluatedChampion(CHAMPION, found, CHAMPION)
    decision = decide(PromotionConfig(), Challenger(CHALLENGER, {}), opponent, against=1)
    return replace(material(Shape(5)), decision=decision)


@pytest.mark.parametrize(
    ("gained", "lost", "headline", "sentence"),
    [
        (90, 30, "Promotion is pending.", "Promotion is pending: better: +4.00 percentage points"),
        (60, 60, "Not promoted.", "Not promoted, the champion stays in production: cheaper"),
        (30, 90, "Not promoted.", "Rejected, the champion stays in production: worse"),
    ],
)
def test_decision_with_interval_and_both_models(
    gained: int, lost: int, headline: str, sentence: str
) -> None:
    page = Page(render_report(decided(gained, lost)))
    assert headline in page.text
    assert sentence in page.text
    assert "(95 % CI" in page.text
    (table,) = [rows for rows in page.tables if rows[0][1:] == ["This model", "In production"]]
    assert ["Accuracy", "91.00\u202f%", "90.00\u202f%"] in table


def test_a_promotion_names_its_record() -> None:
    page = Page(render_report(replace(decided(90, 30), promotion=record(3))))
    assert "Promoted (record 3 of the champion log)." in page.text
    assert "Promoted (record 3 of the champion log): better." in page.text


def test_without_comparison_only_the_reason_is_shown() -> None:
    settled = NoComparison(Ground.MISSING, "the champion's <model> is gone")
    decision = decide(PromotionConfig(), Challenger(CHALLENGER, {}), settled, against=1)
    page = Page(render_report(replace(material(Shape(5)), decision=decision)))
    assert "stays in production: the champion's <model> is gone." in page.text
    assert not [rows for rows in page.tables if "In production" in rows[0]]
    before = Page(render_report(material(Shape(5))))
    assert "Comparison with the model in production" not in before.text
