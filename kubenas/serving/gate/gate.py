"""The promotion gate: may a new model take the place of the one in production? Pure.

Both were evaluated on the same test split. The new one is promoted if it is *better*: its gain in
accuracy is at least the margin, and the interval of the gain lies above zero; or if it is *cheaper*
and the interval lies above minus the margin, so that it is not worse by as much. Costs that count
are weights and operations: they are exact, so that chance alone never makes a model cheaper.
benchmarks/gate.py tells how often that errs.

Labels that are wrong are wrong in the test split, too, and no model is to blame. So if even the
better of the two is far below what the champion reached when it was promoted, the data are
suspected and nothing is promoted on them.
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
    """What a decision rests on."""

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
        """What follows from it: nothing is promoted without evidence for it."""
        if self in {Ground.WORSE, Ground.SUSPICIOUS, Ground.LIMITS}:
            return "refuse"
        promoting = {Ground.FIRST, Ground.BETTER, Ground.CHEAPER, Ground.FORCED, Ground.PRESENT}
        return "promote" if self in promoting else "keep"


@dataclass(frozen=True)
class Challenger:
    """The new model."""

    metrics: ModelMetrics
    recalls: Mapping[str, float]
    """Of each class that has test examples."""


@dataclass(frozen=True)
class EvaluatedChampion:
    """The champion on the same test split."""

    metrics: ModelMetrics
    comparison: PairedComparison
    recorded: ModelMetrics
    """On the test split on which it was promoted."""


@dataclass(frozen=True)
class NoComparison:
    """Why the two need not or cannot be compared."""

    ground: Ground
    reason: str
    """One sentence for people."""


class Decision(Value):
    """``decision.json``."""

    version: Literal[1] = 1
    verdict: Verdict
    ground: Ground
    reason: str
    """One sentence for people."""
    rule: PromotionConfig
    against: int | None
    """Number of the champion's promotion in the champion log; None: there was no champion."""
    challenger: ModelMetrics
    champion: ModelMetrics | None = None
    """On the same test split; None: the two were not compared."""
    comparison: PairedComparison | None = None


def decide(
    rule: PromotionConfig,
    challenger: Challenger,
    champion: EvaluatedChampion | NoComparison | None,
    *,
    against: int | None,
) -> Decision:
    """Decides on ``challenger``.

    Args:
        rule: section ``promotion`` of the config.
        challenger: the new model.
        champion: the champion; None: there is none yet.
        against: its number in the champion log.
    """
    compared = champion if isinstance(champion, EvaluatedChampion) else None
    ground, reason = _judge(rule, challenger, champion)
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


def _judge(
    rule: PromotionConfig, challenger: Challenger, champion: EvaluatedChampion | NoComparison | None
) -> tuple[Ground, str]:
    if isinstance(champion, NoComparison) and champion.ground is Ground.PRESENT:
        return champion.ground, champion.reason
    if broken := "; ".join(_broken_limits(rule, challenger)):
        return Ground.LIMITS, broken
    if isinstance(champion, NoComparison):
        return champion.ground, champion.reason
    if champion is None:
        return _first(rule, challenger)
    return _against(rule, challenger.metrics, champion)


def _first(rule: PromotionConfig, challenger: Challenger) -> tuple[Ground, str]:
    recalls, metrics = challenger.recalls, challenger.metrics
    recall = sum(recalls.values()) / max(1, len(recalls))
    guessed = 1 / len(recalls) if len(recalls) > 1 else 0.0  # of one class nobody can tell
    if recall <= guessed:
        return Ground.NO_SKILL, (
            f"no better than guessing: recognises {recall:.1%} of a class on average, of"
            f" {len(recalls)} with test examples; look at the data and the search, or set"
            " promotion.mode to always once"
        )
    reason = "no model has been promoted before, and the limits hold"
    if metrics.examples >= rule.min_examples:
        return Ground.FIRST, reason
    return Ground.FIRST, (
        f"{reason}; its accuracy of {metrics.accuracy:.1%} is uncertain, for there are fewer than"
        f" promotion.min_examples ({rule.min_examples}) test examples: {metrics.examples}"
    )


def _against(
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
    """Why the data may be at fault, in words; empty: they need not be."""
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
        f"the data are suspicious: the better of the two models is right on {best:.1%} of them, and"
        f" the champion was on {recorded.accuracy:.1%} when it was promoted; look at the labels, or"
        " if they are right set promotion.mode to always once"
    )


def _by_comparison(
    rule: PromotionConfig, challenger: ModelMetrics, champion: EvaluatedChampion
) -> tuple[Ground, str]:
    found = champion.comparison
    margin = f"the margin of {100 * rule.margin:.2f} points"
    if found.difference >= rule.margin and found.low > 0:
        return Ground.BETTER, f"better: {_gain(found)}, at least {margin}"
    savings = _savings(challenger, champion.metrics, rule.cheaper)
    if savings and found.low > -rule.margin:
        return Ground.CHEAPER, f"{savings}, and not worse by {margin}: {_gain(found)}"
    if found.high < 0:
        return Ground.WORSE, f"worse than the model in production: {_gain(found)}"
    if savings:
        return Ground.NOT_BETTER, f"{savings}, but perhaps worse by {margin}: {_gain(found)}"
    if found.difference < rule.margin:
        return Ground.NOT_BETTER, f"not better by {margin}: {_gain(found)}"
    return Ground.NOT_BETTER, f"perhaps better by chance alone: {_gain(found)}"


def _gain(found: PairedComparison) -> str:
    return (
        f"{100 * found.difference:+.2f} points of accuracy on {found.examples:,} test examples"
        f" ({100 * found.confidence:.4g} % interval {100 * found.low:+.2f} to"
        f" {100 * found.high:+.2f})"
    )


def _savings(challenger: ModelMetrics, champion: ModelMetrics, ratio: float) -> str:
    """What the challenger has less of, in words; empty: it is not cheaper."""
    pairs = {
        "weights": (challenger.parameters, champion.parameters),
        "operations": (challenger.flops, champion.flops),
    }
    shares = {name: new / old for name, (new, old) in pairs.items() if new is not None and old}
    if not shares or max(shares.values()) > 1 or min(shares.values()) > ratio:
        return ""
    name = min(shares, key=shares.__getitem__)
    return f"cheaper: {shares[name]:.0%} of the champion's {name}"


def _broken_limits(rule: PromotionConfig, challenger: Challenger) -> Iterator[str]:
    metrics = challenger.metrics
    costs = (
        ("max_latency_ms", rule.max_latency_ms, metrics.latency_ms, "ms for one example"),
        ("max_model_mib", rule.max_model_mib, metrics.model_mib, "MiB of weights"),
    )
    for name, limit, value, unit in costs:
        if limit is None:
            continue
        if value is None:
            yield f"promotion.{name}: the model's {unit} could not be measured"
        elif value > limit:
            yield f"{value:.4g} {unit}, more than promotion.{name} of {limit:g}"
    if rule.min_recall is None:
        return
    for name, recall in challenger.recalls.items():
        if recall < rule.min_recall:
            yield (
                f"recognises {recall:.1%} of class '{name}', less than promotion.min_recall of"
                f" {rule.min_recall:.1%}"
            )
