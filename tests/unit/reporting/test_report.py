import re
import time
from dataclasses import replace

import pytest

from kubenas.data.drift.drift import ChannelShift, ClassShare, Drift, Overlap
from kubenas.reporting.report import render_report
from kubenas.reporting.report_input import ReportInput, Retrained
from kubenas.reporting.tables.leaderboard import make_leaderboard
from kubenas.search.journal.state import SearchState, TrialState
from kubenas.search.warm_start.prior_results import Prior
from kubenas.trial import Outcome

from .materials import NASTY, Shape, class_names, evaluation, material
from .page import Page

DASH = "\u2013"
SHAPES = [
    Shape(0),
    Shape(0, finished=False),
    Shape(1),
    Shape(1, finished=False),
    Shape(12, finished=False),
    Shape(12, "min", finished=False),
    Shape(30, classes=2),
    Shape(30, "min", classes=100),
    Shape(40, nasty=True),
    Shape(200),
]


def page_of(report: ReportInput) -> Page:
    return Page(render_report(report))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_report_is_well_formed_and_self_contained(shape: Shape) -> None:
    page = page_of(material(shape))
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert all(each.startswith("data:image/png;base64,") for each in page.loads)
    assert "url(" not in page.html
    assert "@import" not in page.html
    assert "nan" not in re.findall(r"[a-z]+", " ".join(map(_coordinates, page.drawings)))
    assert len(page.html.encode()) < 3_000_000


def _coordinates(drawing) -> str:
    return " ".join(
        value
        for element in drawing.iter()
        for name, value in element.attrib.items()
        if name in ("x", "y", "d", "cx", "cy", "r", "x1", "x2", "y1", "y2", "width", "height")
    )


@pytest.fixture(scope="module")
def ten_thousand() -> ReportInput:
    return material(Shape(10_000))


def test_report_of_ten_thousand_trials_is_fast_and_small(ten_thousand) -> None:
    started = time.process_time()
    html = render_report(ten_thousand)
    assert time.process_time() - started < 20
    assert len(html.encode()) < 3_000_000
    page = Page(html)
    assert len(page.table("Rank")) == 500
    left_out = len(ten_thousand.state.ended()) - 500
    assert f"{left_out:,} more trials are in leaderboard.csv".replace(",", " ") in page.text


def test_report_of_ten_thousand_improvements_is_small(ten_thousand) -> None:
    trials = {
        number: _better(trial)
        for number, trial in ten_thousand.state.trials.items()
        if trial.end and trial.end.outcome == Outcome.COMPLETED
    }
    report = replace(ten_thousand, state=SearchState(trials=trials), histories={})
    assert len(render_report(report).encode()) < 3_000_000


def _better(trial: TrialState) -> TrialState:
    """A trial whose score, size and latency increase with its number."""
    number = trial.number
    costs = {"parameters": 1_000 + number, "latency_ms": 1.0 + number}
    assert trial.end
    return replace(trial, end=trial.end.model_copy(update={"score": number / 10_000, **costs}))


def test_finished_report_shows_the_results_of_its_search() -> None:
    report = material(Shape(40))
    page = page_of(report)
    best = report.ranked[0]
    assert report.evaluation
    accuracy = report.evaluation.accuracy
    assert f"with the network of trial {best.number}, selected from 40 trials" in page.text
    assert f"Test accuracy {100 * accuracy:.1f} % (95 % CI " in page.text
    assert f"Best score {100 * best.end.score:.2f} %" in page.text
    without = 40 - len(report.state.ended(Outcome.COMPLETED))
    assert f"Trials 40 {without} without a score" in page.text
    assert "Duration 1 h 01 min all steps" in page.text
    assert "Selected network" in page.text
    assert "all 40 trials were run" in page.text
    assert "not finished" not in page.text


WEEK = "out/searches/week-1"


@pytest.mark.parametrize(
    ("asked", "prior", "words"),
    [
        (
            {"warm_start": ("last", "known.csv")},
            {"sources": (WEEK, "known.csv")},
            ". Warm start from the best network of search week-1 and known.csv. Stopped:",
        ),
        (
            {"warm_start": ("last",)},
            {},
            ". No warm start: no earlier search was found in this output. Stopped:",
        ),
        ({"reuse": "last-best"}, {}, ". No champion was available to retrain. Stopped:"),
        (
            {"reuse": "last-best"},
            {"sources": (WEEK,), "alone": True},
            "No search was run: the champion's network from search week-1 was retrained.",
        ),
    ],
)
def test_report_describes_the_warm_start(asked: dict, prior: dict, words: str) -> None:
    report = material(Shape(12), prior=Prior(**prior))
    search = report.config.search.model_copy(update=asked)
    config = report.config.model_copy(update={"search": search})
    trials = dict(report.state.trials)
    if prior:
        origin = trials[0].proposal.model_copy(update={"origin": "prior"})
        trials[0] = replace(trials[0], proposal=origin)
    state = replace(report.state, trials=trials)
    assert words in page_of(replace(report, config=config, state=state)).text
    assert "arm start" not in page_of(material(Shape(12))).text


def drift(**changes: object) -> Drift:
    given = {
        "digest": "abcdef012345",
        "before": "0123456789ab",
        "examples_before": 900,
        "examples": 1000,
        "overlap": Overlap(kept=850, gone=50, new=150, relabelled=2),
        "classes": (ClassShare(name=NASTY[0], before=900, now=1000),),
        "stability_index": 0.3,
        "p_value": 0.001,
        "channels": (
            ChannelShift(mean_before=1.5, mean_now=1.25, deviation_before=1, deviation_now=2),
        ),
        "findings": (f"new: class {NASTY[0]}",),
    }
    return Drift.model_validate(given | changes)


def test_report_shows_data_drift() -> None:
    page = page_of(material(Shape(12), drift=drift()))
    words = "1,000 examples (previously 900): 150 new, 50 removed, 850 unchanged"
    assert words in page.text
    assert f"new: class {NASTY[0]}" in page.text
    assert "(PSI) of the class distribution of the new examples" in page.text
    assert ["0", "1.5", "1.25", "1", "2"] in page.table("Channel")
    assert "Data drift" not in page_of(material(Shape(12))).text
    unknown = page_of(material(Shape(12), drift=drift(overlap=None, channels=())))
    assert "overlap unknown" in unknown.text
    same = page_of(material(Shape(12), drift=drift(before="abcdef012345", findings=())))
    assert "unchanged: 1,000 examples" in same.text


def test_running_search_has_no_selection_and_shows_its_duration() -> None:
    report = material(Shape(12, finished=False))
    page = page_of(report)
    seconds = 12.5 + report.state.active_seconds
    assert f"Duration {seconds // 60:.0f} min {round(seconds % 60):02d} s so far" in page.text
    assert "Best of 10 trials so far" in page.text
    assert "elected" not in page.text
    assert "Best network so far" in page.text
    assert "not finished" in page.text
    assert "Not evaluated yet" in page.text


def test_closed_search_is_not_shown_as_running() -> None:
    report = material(Shape(12), finished=False, evaluation=None, winner=None, retrained=())
    assert "Best of 12 trials: val_accuracy" in page_of(report).text


def test_without_any_completed_trial_the_report_says_so() -> None:
    assert "No trial has completed yet" in page_of(material(Shape(0, finished=False))).text
    report = material(Shape(0))
    assert report.state.closed
    page = page_of(report)
    assert "No trial completed." in page.text
    assert "Trials 0 none finished" in page.text


def test_report_contains_the_leaderboard() -> None:
    report = material(Shape(40))
    rows = page_of(report).table("Rank")
    board = make_leaderboard(
        report.state, search=report.search, objective=report.objective, direction=report.direction
    )
    assert [int(row[1]) for row in rows] == [row.trial for row in board.rows]
    assert [row[0] for row in rows] == [DASH if r.rank is None else str(r.rank) for r in board.rows]
    assert rows[0][2] == f"{100 * report.ranked[0].end.score:.2f} %"
    duplicate = next(row for row in rows if row[1] == "13")
    assert duplicate[-1] == "duplicate of trial 10"


def test_user_texts_are_never_markup() -> None:
    report = material(Shape(40, nasty=True))
    page = page_of(report)
    for name in NASTY:
        assert name in page.text
    assert "script" not in page.tags
    assert page.tags.count("img") == 1
    assert "<b>negative</b> dimension" in page.text


def test_evaluation_plots_depend_on_the_number_of_classes() -> None:
    labels = {n: _labels(page_of(material(Shape(12, classes=n)))) for n in (2, 10, 100)}
    assert any("ROC curve" in label for label in labels[2])
    assert any("Confusion matrix of 10 classes" in label for label in labels[10])
    assert not any("ROC" in label for label in labels[10])
    assert not any("Confusion matrix" in label for label in labels[100])


def _labels(page: Page) -> list[str]:
    return [drawing.get("aria-label", "") for drawing in page.drawings]


def test_each_class_has_scores_and_counts() -> None:
    report = material(Shape(12, classes=100))
    page = page_of(report)
    assert report.evaluation
    scores, counts = page.table("Class")[:100], page.table("Class")[100:]
    assert [row[0] for row in scores] == list(class_names(Shape(classes=100)))
    assert [row[3] for row in scores] == [
        f"{100 * c.recall:.1f} %" for c in report.evaluation.classes
    ]
    assert counts[-1] == ["all", "70 000", "15 000", "15 000"]


def test_missing_seed_leaves_an_empty_cell() -> None:
    retrained = (Retrained(3, 1, 0.91), Retrained(3, 2, 0.93), Retrained(5, 2, 0.92))
    rows = page_of(material(Shape(12), retrained=retrained)).table("Candidate")
    assert rows[0][1:4] == ["91.00 %", "93.00 %", "92.00 %"]
    assert rows[1][1:5] == [DASH, "92.00 %", "92.00 %", DASH]


def test_network_is_drawn_once_with_its_hyperparameters() -> None:
    report = material(Shape(12))
    page = page_of(report)
    assert sum(label.startswith("Network:") for label in _labels(page)) == 1
    assert report.winner
    assert [row[0] for row in page.table("Hyperparameter")] == list(report.winner.values)


def test_failures_are_listed_once() -> None:
    report = material(Shape(12))
    rows = page_of(report).table("Reason")
    assert ["Out of memory (host)", "failed", "1", "1.2 s", "killed: 5 GiB used"] in rows
    assert [row[1] for row in rows].count("retried") == 1
    assert sum(int(row[2]) for row in rows) == 3


def test_no_importance_for_few_or_equal_trials() -> None:
    few = page_of(material(Shape(9)))
    assert "Fewer than 10 scored trials" in few.text
    report = material(Shape(30))
    same = {
        n: replace(t, proposal=t.proposal.model_copy(update={"values": {"layers": 1}}))
        for n, t in report.state.trials.items()
    }
    alike = replace(report, state=SearchState(trials=same, closed=report.state.closed))
    assert "No hyperparameter has two values" in page_of(alike).text


def test_perfect_accuracy_has_no_errors() -> None:
    names = class_names(Shape(classes=3))
    perfect = evaluation(names).model_copy(
        update={"confusion": ((5, 0, 0), (0, 5, 0), (0, 0, 5)), "accuracy": 1.0}
    )
    report = material(Shape(12, classes=3), evaluation=perfect)
    assert "No errors." in page_of(report).text
    assert "Test accuracy 100.0 % (95 % CI" in page_of(report).text


def test_report_is_deterministic() -> None:
    shape = Shape(30)
    assert render_report(material(shape)) == render_report(material(shape))
