import math
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kubenas.reporting import formatting
from kubenas.reporting.plots.evaluation_plots import confused_pairs, roc_curve
from kubenas.reporting.plots.plot import Axis
from kubenas.reporting.plots.sampling import sample_evenly
from kubenas.reporting.plots.score_axis import count_outside, score_axis
from kubenas.reporting.plots.search_plots import best_by_trial, learning_curves
from kubenas.training.evaluation import RocPoint

from .materials import Shape, material


def words(text: str) -> str:
    return text.replace(formatting.THIN, " ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.7, "1 min 00 s"),
        (3_599.6, "1 h 00 min"),
        (7_199, "2 h 00 min"),
        (90_000, "1 d 01 h"),
        (2 * 86_400 - 1, "2 d 00 h"),
    ],
)
def test_durations(seconds, text) -> None:
    assert words(formatting.duration(seconds)) == text


@settings(max_examples=40)
@given(st.floats(0, 1e7))
def test_duration_is_close_to_its_value(seconds) -> None:
    units = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
    parts = re.findall(r"([\d.]+) (\w+)", words(formatting.duration(seconds)))
    told = sum(float(number) * units[unit] for number, unit in parts)
    assert abs(told - seconds) <= max(0.5, units[parts[-1][1]] / 2 + 1)


@pytest.mark.parametrize(
    ("share", "text"), [(1, "100.0 %"), (0.99999, "99.9 %"), (0.9994, "99.9 %"), (0, "0.0 %")]
)
def test_shares_below_one_are_never_100_percent(share, text) -> None:
    assert words(formatting.percent(share)) == text


def test_interval_below_100_percent() -> None:
    assert words(formatting.percent_interval(0.99981, 1.0)) == "99.9 to 100.0"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123, "0.12 ms"), (9.999, "10.0 ms"), (12.34, "12.3 ms"), (1_234.0, "1 234 ms")],
)
def test_milliseconds(value, text) -> None:
    assert words(formatting.milliseconds(value)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (999.6, "1 k"), (1_234_567, "1.23 M"), (5e9, "5 G")],
)
def test_compact(number, text) -> None:
    assert words(formatting.compact(number)) == text


def test_scores_are_formatted_by_metric() -> None:
    assert words(formatting.score(0.98764, "val_accuracy")) == "98.76 %"
    assert formatting.score(0.98765, "val_loss") == "0.9877"
    assert formatting.score(1.5e-7, "val_loss") == "1.5e-07"
    assert formatting.score(None, "val_loss") == "\u2013"
    assert formatting.score(math.inf, "val_loss") == "inf"
    assert words(formatting.spread(0.0007071, "val_loss")) == "\u00b10.00071"


@settings(max_examples=40)
@given(
    st.lists(st.floats(1e-4, 1), min_size=2, max_size=20),
    st.sampled_from(["val_accuracy", "val_loss"]),
    st.sampled_from(["max", "min"]),
)
def test_tick_labels_are_distinct_and_exact(scores, objective, direction) -> None:
    assume(max(scores) - min(scores) > 1e-4)
    axis = score_axis(scores, objective, direction)
    texts = [axis.write(tick) for tick in axis.ticks()]
    assert len(set(texts)) == len(texts) >= 2
    for text, tick in zip(texts, axis.ticks(), strict=True):
        told = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
        assert told == pytest.approx(tick, rel=1e-5, abs=1e-9)
        assert axis.low - 1e-9 <= tick <= axis.high + 1e-9


@settings(max_examples=40)
@given(st.integers(0, 3), st.integers(1, 10_000))
def test_counts_have_distinct_whole_ticks(low, width) -> None:
    ticks = Axis(low, low + width, "trials", str, whole=True).ticks()
    assert all(tick == round(tick) for tick in ticks)
    assert len(set(ticks)) == len(ticks) >= 1
    assert len(ticks) <= 7


@settings(max_examples=40)
@given(st.floats(1, 1e6), st.floats(8.1, 1e6))
def test_log_ticks_are_few_and_in_range(low, factor) -> None:
    axis = Axis(low, low * factor, "weights", str, log=True)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 7
    assert all(low <= tick <= low * factor for tick in ticks)


@settings(max_examples=40)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1), st.sampled_from(["max", "min"]))
def test_score_axis_hides_only_bad_outliers(scores, direction) -> None:
    axis = score_axis(scores, "val_loss", direction)
    best = max(scores) if direction == "max" else min(scores)
    assert axis.low <= best <= axis.high
    bad = [s for s in scores if (s < axis.low if direction == "max" else s > axis.high)]
    assert count_outside(scores, axis) == len(bad) <= len(scores) // 4


@settings(max_examples=40)
@given(st.lists(st.integers(), max_size=50, unique=True), st.integers(1, 60))
def test_sample_evenly_keeps_order_and_ends(items, most) -> None:
    few = sample_evenly(items, most)
    assert len(few) == min(most, len(items))
    assert few == [item for item in items if item in few]
    if items and most > 1:
        assert (few[0], few[-1]) == (items[0], items[-1])


def test_one_trial_and_two_epochs_have_whole_ticks() -> None:
    report = material(Shape(1))
    figure, curves = best_by_trial(report), learning_curves(report)
    assert figure
    assert curves
    for drawing in (figure.drawing, curves.drawing):
        ticks = re.findall(r'text-anchor="middle">([^<]*)<', drawing)
        assert len(set(ticks)) == len(ticks)


def test_confused_pairs_are_sorted_by_count() -> None:
    pairs = confused_pairs([[8, 2, 0], [5, 4, 1], [0, 0, 0]], ["a", "b", "c"], 2)
    assert [(p.true, p.predicted, p.examples, p.share) for p in pairs] == [
        ("b", "a", 5, 0.5),
        ("a", "b", 2, 0.2),
    ]


def test_roc_curve_returns_the_area() -> None:
    def points(*pairs: tuple[float, float]) -> list[RocPoint]:
        return [
            RocPoint(false_positive_rate=x, true_positive_rate=y, threshold=0.5) for x, y in pairs
        ]

    assert roc_curve(points((0, 0), (0, 1), (1, 1)), "b")[1] == 1
    assert roc_curve(points((0, 0), (1, 1)), "b")[1] == 0.5
    assert roc_curve(points((0, 0), (0.25, 0.5), (1, 1)), "b")[1] == pytest.approx(0.625)
