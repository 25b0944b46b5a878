"""Decisions of the promotion gate and their reasons."""

import pytest

from kubenas.config.promotion import PromotionConfig
from kubenas.serving.champion import ModelMetrics
from kubenas.serving.gate.gate import (
    Challenger,
    Decision,
    EvaluatedChampion,
    Ground,
    NoComparison,
    Verdict,
    decide,
)
from kubenas.serving.gate.independent import fall_interval
from kubenas.serving.gate.paired import PairedComparison, paired_interval

EXAMPLES = 2000


def figures(**changes: float) -> ModelMetrics:
    standard = {"parameters": 1000, "flops": 5000, "latency_ms": 2.0, "model_mib": 0.5}
    return ModelMetrics.model_validate(
        {"examples": EXAMPLES, "accuracy": 0.9, "loss": 0.3, "macro_f1": 0.9} | standard | changes
    )


def opponent(
    gained: int, lost: int, *, examples: int = EXAMPLES, recorded: float = 0.9, **changes: float
) -> EvaluatedChampion:
    low, high = paired_interval(gained, lost, examples, confidence=0.95)
    found = PairedComparison(
        examples=examples, gained=gained, lost=lost, confidence=0.95, low=low, high=high
    )
    return EvaluatedChampion(figures(**changes), found, figures(accuracy=recorded))


def decided(
    against: EvaluatedChampion | NoComparison | None,
    *,
    rule: dict[str, float] | None = None,
    recalls: dict[str, float] | None = None,
    **changes: float,
) -> Decision:
    challenger = Challenger(figures(**changes), recalls or {"cat": 0.95, "dog": 0.6})
    return decide(PromotionConfig.model_validate(rule or {}), challenger, against, against=1)


@pytest.mark.parametrize(
    ("gained", "lost", "ground", "verdict"),
    [
        (90, 50, Ground.BETTER, "promote"),  # two points, not by chance
        (70, 51, Ground.NOT_BETTER, "keep"),  # less than the margin
        (500, 475, Ground.NOT_BETTER, "keep"),  # more than the margin, perhaps by chance
        (60, 60, Ground.NOT_BETTER, "keep"),
        (50, 90, Ground.WORSE, "refuse"),
    ],
)
def test_models_of_equal_cost(gained: int, lost: int, ground: Ground, verdict: Verdict) -> None:
    decision = decided(opponent(gained, lost))
    assert (decision.ground, decision.verdict) == (ground, verdict)
    assert "percentage points of test accuracy (95 % CI " in decision.reason
    assert "n = 2,000)" in decision.reason


@pytest.mark.parametrize(
    ("gained", "lost", "costs", "ground"),
    [
        (40, 40, {"parameters": 700}, Ground.CHEAPER),
        (40, 40, {"flops": 4000}, Ground.CHEAPER),
        (40, 40, {"parameters": 900}, Ground.NOT_BETTER),  # not by enough
        (40, 40, {"parameters": 700, "flops": 5001}, Ground.NOT_BETTER),  # dearer in another way
        (40, 40, {"latency_ms": 0.1}, Ground.NOT_BETTER),  # measured: chance plays a part
        (40, 48, {"parameters": 700}, Ground.NOT_BETTER),  # perhaps worse by the margin
        (50, 90, {"parameters": 100}, Ground.WORSE),
    ],
)
def test_cheaper_models(gained: int, lost: int, costs: dict[str, float], ground: Ground) -> None:
    assert decided(opponent(gained, lost), **costs).ground is ground


@pytest.mark.parametrize(
    ("rule", "changes", "reason"),
    [
        ({"max_latency_ms": 1}, {}, "latency of 2 ms exceeds promotion.max_latency_ms (1 ms)"),
        (
            {"max_model_mib": 0.4},
            {},
            "size of the weights of 0.5 MiB exceeds promotion.max_model_mib (0.4 MiB)",
        ),
        (
            {"min_recall": 0.7},
            {},
            "recall of class 'dog' is 60.0 %, below promotion.min_recall (70.0 %)",
        ),
        ({"max_latency_ms": 1}, {"latency_ms": None}, "could not be measured"),
    ],
)
@pytest.mark.parametrize(
    "against",
    [None, opponent(300, 50), NoComparison(Ground.FORCED, "promotion.mode is always")],
    ids=["first", "better", "forced"],
)
def test_limit_violation_is_refused(
    against: EvaluatedChampion | None,
    rule: dict[str, float],
    changes: dict[str, float],
    reason: str,
) -> None:
    decision = decided(against, rule=rule, **changes)
    assert (decision.ground, decision.verdict) == (Ground.LIMITS, "refuse")
    assert reason in decision.reason


@pytest.mark.parametrize(
    ("recorded", "new", "old", "ground"),
    [
        (0.95, 0.80, 0.70, Ground.SUSPICIOUS),  # wrong labels: even the better one has fallen
        (0.95, 0.70, 0.80, Ground.SUSPICIOUS),
        (0.95, 0.93, 0.70, Ground.BETTER),  # the world has changed, and the new model learnt it
        (0.95, 0.88, 0.80, Ground.BETTER),  # fallen by less
        (0.80, 0.93, 0.90, Ground.BETTER),
    ],
)
def test_data_are_suspicious_if_both_models_are_worse_than_before(
    recorded: float, new: float, old: float, ground: Ground
) -> None:
    against = opponent(200, 10, recorded=recorded, accuracy=old)
    decision = decided(against, accuracy=new)
    assert decision.ground is ground
    assert (decision.verdict == "refuse") == (ground is Ground.SUSPICIOUS)
    assert ("80.0 %, but the champion had 95.0 %" in decision.reason) == (
        ground is Ground.SUSPICIOUS
    )
    assert decided(against, rule={"max_fall": 1}, accuracy=new).ground is Ground.BETTER


def test_fall_interval_contains_zero_for_few_examples() -> None:
    low, high = fall_interval((0.95, 40), (0.8, 40), confidence=0.95)
    assert low < 0 < high
    assert fall_interval((0.95, 400), (0.8, 400), confidence=0.95)[0] > 0


def test_first_model_within_the_limits_is_promoted() -> None:
    decision = decided(None, rule={"max_latency_ms": 3, "max_model_mib": 1, "min_recall": 0.6})
    assert (decision.ground, decision.verdict) == (Ground.FIRST, "promote")


def test_first_model_with_zero_accuracy_is_not_promoted() -> None:
    decision = decided(None, recalls={"cat": 0.0, "dog": 0.0}, examples=2, accuracy=0.0)
    assert (decision.ground, decision.verdict) == (Ground.NO_SKILL, "keep")
    assert "mean recall 0.0 % over 2 classes with test examples" in decision.reason


@pytest.mark.parametrize("recalls", [{"cat": 1.0, "dog": 0.0}, {"cat": 0.0}])
def test_first_model_no_better_than_guessing_is_not_promoted(
    recalls: dict[str, float],
) -> None:
    assert decided(None, recalls=recalls).ground is Ground.NO_SKILL


def test_first_model_on_few_examples_is_promoted_with_a_warning() -> None:
    decision = decided(None, examples=20, accuracy=0.55)
    assert decision.verdict == "promote"
    assert "its accuracy of 55.0 % is uncertain" in decision.reason
    assert decision.reason.endswith("20 test examples are fewer than promotion.min_examples (100)")


def test_too_few_examples_keep_the_champion() -> None:
    decision = decided(opponent(50, 0, examples=99))
    assert (decision.ground, decision.verdict) == (Ground.TOO_FEW, "keep")
    assert "99 test examples are fewer than promotion.min_examples (100)" in decision.reason


@pytest.mark.parametrize("ground", [Ground.MISSING, Ground.UNUSABLE, Ground.INCOMPATIBLE])
def test_champion_is_kept_without_a_comparison(ground: Ground) -> None:
    decision = decided(NoComparison(ground, "this is why"))
    assert (decision.ground, decision.verdict) == (ground, "keep")
    assert (decision.reason, decision.champion, decision.comparison) == ("this is why", None, None)


def test_decision_json_round_trip() -> None:
    decision = decided(opponent(90, 50))
    assert Decision.from_json(decision.to_json()) == decision
