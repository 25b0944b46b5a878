"""Decisions from one probe per second."""

import pytest

from kubenas.serving.kserve.probe_analysis import ProbeAnalysis, ProbeResult


def ends(seen: str, *, ready: float = 20.0, hold: float = 0.0) -> tuple[int, bool | None] | None:
    """Number of probes until the decision. ``seen``: r correct, w wrong, - unknown."""
    analysis = ProbeAnalysis(ready_seconds=ready, hold_seconds=hold, now=0.0)
    for second, each in enumerate(seen, start=1):
        result = ProbeResult({"r": True, "w": False, "-": None}[each], "" if each == "r" else "why")
        end = analysis.add(result, float(second))
        if end is not None:
            assert bool(end.reason) is not end.correct
            return second, end.correct
    return None


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        ("rrr", (3, True)),
        ("-----rrr", (8, True)),
        ("www", (3, False)),
        ("rwrwrwrw", None),  # old and new pods in turn
        ("r-r-rr-rrr", (10, True)),
        ("wrwwrrr", (7, True)),
        ("rrww", None),
        ("-" * 20, None),
        ("-" * 21, (21, False)),
        ("-" * 20 + "rrr", (23, True)),  # it has begun in time
    ],
)
def test_three_equal_results_or_the_time_limit_decide(
    seen: str, end: tuple[int, bool] | None
) -> None:
    assert ends(seen) == end


@pytest.mark.parametrize(
    ("seen", "end"),
    [
        ("r" * 11, (11, True)),
        ("r" * 9 + "www", (12, False)),
        ("r" * 9 + "-" + "r" * 11, (21, True)),
        ("r" * 9 + "-" * 22, (31, False)),
    ],
)
def test_canary_must_stay_correct(seen: str, end: tuple[int, bool]) -> None:
    assert ends(seen, hold=10.0) == end
