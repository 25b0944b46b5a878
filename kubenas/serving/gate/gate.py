"""The rule of the promotion gate. Pure functions.

Both models are evaluated on the same test split. The challenger is promoted in two cases:

- *Better*: its gain in accuracy is at least the margin, and the confidence interval of the gain is
  above zero.
- *Cheaper*: it has fewer weights or operations, and the confidence interval of the gain is above
  minus the margin (a non-inferiority test). Latency does not count, because it is measured with
  noise.

benchmarks/gate.py measures the error rates.

Wrong labels affect the test split, too. If the accuracy of both models is far below the accuracy of
the champion at its promotion, the gate suspects the data and promotes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from kubenas.config import PromotionConfig
from kubenas.serving.champion import ModelMetrics
from kubenas.serving.gate.independent import fall_interval
from kubenas.serving.gate.paired import PairedComparison
from kubenas.trial import Value

Verdict = Literal["promote", "keep", "refuse"]


class Ground(StrEnum):
    """The reason code of a decision."""

    FIRST = "first-champion"
    BETTER = "better"
    CHEAPER = "cheaper"
    FORCED = "forced"
    PRESENT = "present-champion"
    NOT_BETTER = "not-better"
    NO_SKILL = "no-better-than-guessing"
    TOO_FEW = "too-few-examples"
    MISSING = "champion-missing"
    UNUSABLE = "champion-unusable"
    INCOMPATIBLE = "incompatible"
    FORMER = "former-champion"
    OFF = "switched-off"
    WORSE = "worse"
    SUSPICIOUS = "suspicious-data"
    LIMITS = "limits-broken"

    @property
    def verdict(self) -> Verdict:
        """The verdict that follows from the ground; a promotion needs evidence."""
        if self in {Ground.WORSE, Ground.SUSPICIOUS, Ground.LIMITS}:
            return "refuse"
        promoting = {Ground.FIRST, Ground.BETTER, Ground.CHEAPER, Ground.FORCED, Ground.PRESENT}
        return "promote" if self in promoting else "keep"


@dataclass(frozen=True)
class Challenger:
    """The new model on the test split."""

    metrics: ModelMetrics
    recalls: Mapping[str, float]
    """Recall by class, for classes with test examples."""


@dataclass(frozen=True)
class EvaluatedChampion:
    """The champion on the test split of the challenger."""

    metrics: ModelMetrics
    comparison: PairedComparison
    recorded: ModelMetrics
    """Metrics at its promotion, on the test split of that time."""


@dataclass(frozen=True)
class NoComparison:
    """The reason to decide without a comparison."""

    ground: Ground
    reason: str
    """The ground as a sentence."""


class Decision(Value):
    """``decision.json``."""

    version: Literal[1] = 1
    verdict: Verdict
    ground: Ground
    reason: str
    """The ground as a sentence."""
    rule: PromotionConfig
    against: int | None
    """Number of the champion's promotion in the champion log; None without a champion."""
    challenger: ModelMetrics
    champion: ModelMetrics | None = None
    """On the same test split; None without a comparison."""
    comparison: PairedComparison | None = None


def decide(
    rule: PromotionConfig,
    challenger: Challenger,
    champion: EvaluatedChampion | NoComparison | None,
    *,
    against: int | None,
) -> Decision:
    """Decides whether ``challenger`` is promoted.

    Args:
        rule: Section ``promotion`` of the config.
        challenger: The new model.
        champion: The evaluated champion, a reason to decide without it, or None without a champion.
        against: Number of the champion's promotion in the champion log.
    """
    compared = champion if isinstance(champion, EvaluatedChampion) else None
    ground, reason = _ground(rule, challenger, champion)
    return Decision(
        verdict=ground.verdict,
        ground=ground,
        reason=reason,
        rule=rule,
        against=against,
        challenger=challenger.metrics,
        champion=compared.metrics if compared else None,
        comparison=compared.comparison if compared else None,
    )


def _ground(
    rule: PromotionConfig, challenger: Challenger, champion: EvaluatedChampion | NoComparison | None
) -> tuple[Ground, str]:
    if isinstance(champion, NoComparison) and champion.ground is Ground.PRESENT:
        return champion.ground, champion.reason
    if violations := "; ".join(_limit_violations(rule, challenger)):
        return Ground.LIMITS, violations
    if isinstance(champion, NoComparison):
        return champion.ground, champion.reason
    if champion is None:
        return _first(rule, challenger)
    return _compare_with_champion(rule, challenger.metrics, champion)


def _first(rule: PromotionConfig, challenger: Challenger) -> tuple[Ground, str]:
    recalls, metrics = challenger.recalls, challenger.metrics
    recall = sum(recalls.values()) / max(1, len(recalls))
    guessed = 1 / len(recalls) if len(recalls) > 1 else 0.0  # no chance level for one class
    if recall <= guessed:
        return Ground.NO_SKILL, (
            f"no better than guessing: mean recall {100 * recall:.1f} % over {len(recalls)} classes"
            " with test examples; check the data and the search, or set promotion.mode to always"
            " for one run"
        )
    reason = "no model has been promoted before, and the model meets the limits"
    if metrics.examples >= rule.min_examples:
        return Ground.FIRST, reason
    return Ground.FIRST, (
        f"{reason}; its accuracy of {100 * metrics.accuracy:.1f} % is uncertain, because"
        f" {metrics.examples} test examples are fewer than promotion.min_examples"
        f" ({rule.min_examples})"
    )


def _compare_with_champion(
    rule: PromotionConfig, challenger: ModelMetrics, champion: EvaluatedChampion
) -> tuple[Ground, str]:
    if champion.comparison.examples < rule.min_examples:
        return Ground.TOO_FEW, (
            f"{champion.comparison.examples} test examples are fewer than promotion.min_examples"
            f" ({rule.min_examples})"
        )
    if suspicion := _suspicion(rule, challenger, champion):
        return Ground.SUSPICIOUS, suspicion
    return _by_comparison(rule, challenger, champion)


def _suspicion(rule: PromotionConfig, challenger: ModelMetrics, champion: EvaluatedChampion) -> str:
    """Returns why the data are suspicious; empty if they are not."""
    recorded = champion.recorded
    best = max(challenger.accuracy, champion.metrics.accuracy)
    low, _ = fall_interval(
        (recorded.accuracy, recorded.examples),
        (best, challenger.examples),
        confidence=rule.confidence,
    )
    if recorded.accuracy - best < rule.max_fall or low <= 0:
        return ""
    return (
        f"the data are suspicious: the better of the two models has a test accuracy of"
        f" {100 * best:.1f} %, but the champion had {100 * recorded.accuracy:.1f} % when it was"
        " promoted; check the labels, or if they are correct, set promotion.mode to always for one"
        " run"
    )


def _by_comparison(
    rule: PromotionConfig, challenger: ModelMetrics, champion: EvaluatedChampion
) -> tuple[Ground, str]:
    found = champion.comparison
    margin = f"the margin of {100 * rule.margin:.2f} percentage points"
    if found.difference >= rule.margin and found.low > 0:
        return Ground.BETTER, f"better: {_gain(found)}, at least {margin}"
    savings = _savings(challenger, champion.metrics, rule.cheaper)
    if savings and found.low > -rule.margin:
        return Ground.CHEAPER, f"{savings}, and not worse by {margin} or more: {_gain(found)}"
    if found.high < 0:
        return Ground.WORSE, f"worse than the champion: {_gain(found)}"
    if savings:
        return (
            Ground.NOT_BETTER,
            f"{savings}, but possibly worse by {margin} or more: {_gain(found)}",
        )
    if found.difference < rule.margin:
        return Ground.NOT_BETTER, f"gain below {margin}: {_gain(found)}"
    return Ground.NOT_BETTER, f"gain not statistically significant: {_gain(found)}"


def _gain(found: PairedComparison) -> str:
    return (
        f"{100 * found.difference:+.2f} percentage points of test accuracy"
        f" ({100 * found.confidence:.4g} % CI {100 * found.low:+.2f} to {100 * found.high:+.2f},"
        f" n = {found.examples:,})"
    )


def _savings(challenger: ModelMetrics, champion: ModelMetrics, ratio: float) -> str:
    """Describes the largest saving of the challenger; empty if it is not cheaper."""
    pairs = {
        "weights": (challenger.parameters, champion.parameters),
        "operations": (challenger.flops, champion.flops),
    }
    shares = {name: new / old for name, (new, old) in pairs.items() if new is not None and old}
    if not shares or max(shares.values()) > 1 or min(shares.values()) > ratio:
        return ""
    name = min(shares, key=shares.__getitem__)
    return f"cheaper: {100 * shares[name]:.0f} % of the champion's {name}"


def _limit_violations(rule: PromotionConfig, challenger: Challenger) -> Iterator[str]:
    metrics = challenger.metrics
    costs = (
        ("max_latency_ms", rule.max_latency_ms, metrics.latency_ms, "latency", "ms"),
        ("max_model_mib", rule.max_model_mib, metrics.model_mib, "size of the weights", "MiB"),
    )
    for name, limit, value, cost, unit in costs:
        if limit is None:
            continue
        if value is None:
            yield f"the {cost} could not be measured, but promotion.{name} limits it"
        elif value > limit:
            yield f"the {cost} of {value:.4g} {unit} exceeds promotion.{name} ({limit:g} {unit})"
    if rule.min_recall is None:
        return
    for name, recall in challenger.recalls.items():
        if recall < rule.min_recall:
            yield (
                f"the recall of class '{name}' is {100 * recall:.1f} %, below promotion.min_recall"
                f" ({100 * rule.min_recall:.1f} %)"
            )
