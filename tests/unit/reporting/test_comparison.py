import re
from statistics import median

import pytest

from kubenas.reporting.cards.model_card import render_model_card
from kubenas.reporting.comparison import comparison_sentences
from kubenas.reporting.report import render_report

from .materials import Shape, material
from .page import Page


@pytest.mark.parametrize("direction", ["max", "min"])
def test_median_and_first_trial_are_compared(direction) -> None:
    report = material(Shape(40, direction))
    ends = [trial.end for trial in report.ranked]
    first = min(ends, key=lambda end: end.trial)
    percent = 100 if direction == "max" else 1
    told = [float(n) for n in re.findall(r"\d+\.\d+", comparison_sentences(report)[-1])]
    wanted = [ends[0].score, median(end.score for end in ends), first.score]
    assert first.trial != ends[0].trial
    assert told == pytest.approx([percent * score for score in wanted], abs=0.006)


def test_no_comparison_for_few_trials() -> None:
    assert comparison_sentences(material(Shape(0, finished=False))) == []
    assert comparison_sentences(material(Shape(1, finished=False))) == []


def test_report_and_model_card_contain_the_comparison() -> None:
    report = material(Shape(40))
    sentence = comparison_sentences(report)[-1].replace("\u202f", " ")
    assert sentence in Page(render_report(report)).text
    assert sentence in render_model_card(report).replace("\\", "")
