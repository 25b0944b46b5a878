"""The metrics of the drift that Kubeflow shows."""

from kubenas.data.drift import Drift
from kubenas.data.drift.drift import Overlap
from kubenas.steps.drift import drift_metrics


def drift(overlap: Overlap | None, index: float | None) -> Drift:
    return Drift(
        digest="now",
        before="earlier",
        examples_before=90,
        examples=100,
        overlap=overlap,
        classes=(),
        stability_index=index,
        p_value=index,
        channels=(),
        findings=("one", "two"),
    )


def test_metrics_name_examples_of_any_kind() -> None:
    found = drift(Overlap(kept=80, gone=10, new=20, relabelled=3), 0.25)
    assert drift_metrics(found) == {
        "examples": 100,
        "examples_before": 90,
        "drift_findings": 2,
        "examples_kept": 80,
        "examples_gone": 10,
        "examples_new": 20,
        "examples_relabelled": 3,
        "class_stability_index": 0.25,
    }


def test_metrics_that_are_unknown_are_left_out() -> None:
    assert drift_metrics(drift(None, None)).keys() == {
        "examples",
        "examples_before",
        "drift_findings",
    }
