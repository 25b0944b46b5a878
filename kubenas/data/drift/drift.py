"""Measures the drift of a data set against an earlier one: examples, labels, classes, content."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from kubenas.data.dataset.card import DataCard
from kubenas.data.dataset.example_index import ExampleIndex
from kubenas.data.dataset.schema import DataSchema
from kubenas.data.drift.stability import population_stability
from kubenas.data.kinds.registry import example_kind
from kubenas.trial import Value

_SHIFT_THRESHOLD = 0.1
"""Smallest shift that is reported. For the population stability index it is the limit of a moderate
change (Siddiqi, Credit Risk Scorecards, 2006). Shifts of the mean and of the standard deviation of
a channel are in earlier standard deviations."""
_SIGNIFICANCE_LEVEL = 0.01
_FREQUENT_PART, _FEWEST_WORDS, _MOST_WORDS = 20, 50, 1_000
"""One word in 20 of a vocabulary is frequent. The share of new words needs at least 50. Rarer words
or fewer differ by chance between two samples of the same texts."""
_MAX_NAMES = 5


@dataclass(frozen=True)
class DatasetSnapshot:
    """The metadata of a prepared data set."""

    card: DataCard
    schema: DataSchema
    example_index: ExampleIndex | None
    """None if the data set was prepared by a version without example indexes."""


class Overlap(Value):
    """Numbers of distinct examples in the two data sets. Duplicates count once."""

    kept: int
    gone: int
    new: int
    relabelled: int = Field(description="kept examples whose labels have changed")


class ClassShare(Value):
    """The number of examples of a class, before and now."""

    name: str
    before: int
    now: int


class ChannelShift(Value):
    """Mean and standard deviation of a channel over the pixels of the training splits."""

    mean_before: float
    mean_now: float
    deviation_before: float
    deviation_now: float


class Drift(Value):
    """The drift report ``drift.json``: a data set compared with an earlier one."""

    version: Literal[1] = 1
    digest: str
    before: str = Field(description="digest of the earlier data set")
    examples_before: int
    examples: int
    overlap: Overlap | None = Field(
        description="None if an example index is missing or the seeds of the splits differ"
    )
    classes: tuple[ClassShare, ...] = Field(description="classes of either data set")
    stability_index: float | None = Field(
        description="population stability index of the class shares, for the classes of both data"
        " sets: new examples against the earlier data set, or all if the overlap is unknown; None"
        " if there are fewer than two classes to compare"
    )
    p_value: float | None = Field(
        description="probability of an index at least as large if the class shares are unchanged"
    )
    channels: tuple[ChannelShift, ...] = Field(
        description="empty for texts, or if the number of channels has changed"
    )
    new_words: float | None = Field(
        None,
        description="share of the most frequent words that the earlier vocabulary lacks: of the"
        " first 5 % of the words, by the smaller of the two vocabularies, at most 1,000; None for"
        " images and if these are fewer than 50",
    )
    findings: tuple[str, ...] = Field(description="changes that need attention, for people")


def measure_drift(before: DatasetSnapshot, now: DatasetSnapshot) -> Drift:
    """Measures the drift from ``before`` to ``now``."""
    counts = [dict(zip(s.card.classes, s.card.class_counts, strict=True)) for s in (before, now)]
    overlap, new_counts = _overlap(before, now)
    index, p_value = population_stability(
        counts[0], counts[1] if new_counts is None else new_counts
    )
    drift = Drift(
        digest=now.card.digest,
        before=before.card.digest,
        examples_before=before.card.examples,
        examples=now.card.examples,
        overlap=overlap,
        classes=tuple(
            ClassShare(name=name, before=counts[0].get(name, 0), now=counts[1].get(name, 0))
            for name in dict.fromkeys([*before.card.classes, *now.card.classes])
        ),
        stability_index=index,
        p_value=p_value,
        channels=_channel_shifts(before.schema, now.schema),
        new_words=_new_words(before.schema, now.schema),
        findings=(),
    )
    plural = example_kind(now.card.kind).plural
    findings = (*_form_finding(before.card, now.card), *_findings(drift, plural))
    return drift.model_copy(update={"findings": findings})


def _overlap(
    before: DatasetSnapshot, now: DatasetSnapshot
) -> tuple[Overlap | None, dict[str, int] | None]:
    """Returns the overlap and the number of new examples of each class.

    Returns None for both if the examples cannot be compared: the content keys depend on the seed.
    """
    indexes = before.example_index, now.example_index
    if indexes[0] is None or indexes[1] is None or before.card.seed != now.card.seed:
        return None, None
    names = list(dict.fromkeys([*before.card.classes, *now.card.classes]))
    old = _distinct(indexes[0], before.card.classes, names)
    new = _distinct(indexes[1], now.card.classes, names)
    kept = np.intersect1d(old["key"], new["key"])
    added = new[~np.isin(new["key"], kept)]
    changed = np.setxor1d(old[np.isin(old["key"], kept)], new[np.isin(new["key"], kept)])
    overlap = Overlap(
        kept=len(kept),
        gone=len(np.unique(old["key"])) - len(kept),
        new=len(np.unique(added["key"])),
        relabelled=len(np.unique(changed["key"])),
    )
    counts = np.bincount(added["label"], minlength=len(names))
    return overlap, {name: int(count) for name, count in zip(names, counts, strict=True)}


def _distinct(
    example_index: ExampleIndex, classes: Sequence[str], names: Sequence[str]
) -> npt.NDArray[np.void]:
    """Returns the distinct pairs of key and label, with labels as indices into ``names``."""
    pairs = np.unique(example_index)
    positions = {name: position for position, name in enumerate(names)}
    new_labels = np.array([positions[name] for name in classes], np.int32)
    pairs["label"] = new_labels[pairs["label"]]
    return np.unique(pairs)


def _channel_shifts(before: DataSchema, now: DataSchema) -> tuple[ChannelShift, ...]:
    old, new = before.normalization, now.normalization
    if old is None or new is None or len(old.mean) != len(new.mean):
        return ()
    return tuple(
        ChannelShift(
            mean_before=old.mean[channel],
            mean_now=new.mean[channel],
            deviation_before=math.sqrt(old.variance[channel]),
            deviation_now=math.sqrt(new.variance[channel]),
        )
        for channel in range(len(new.mean))
    )


def _new_words(before: DataSchema, now: DataSchema) -> float | None:
    if before.text is None or now.text is None:
        return None
    old, new = before.text.vocabulary, now.text.vocabulary
    count = min(_MOST_WORDS, min(len(old), len(new)) // _FREQUENT_PART)
    if count < _FEWEST_WORDS:
        return None
    return len(set(new[:count]) - set(old)) / count


def _form_finding(before: DataCard, now: DataCard) -> Iterator[str]:
    if before.kind != now.kind:
        yield f"{example_kind(now.kind).plural}, before {example_kind(before.kind).plural}"
    elif now.kind == "image" and before.shape != now.shape:
        old, new = (" x ".join(map(str, card.shape)) for card in (before, now))
        yield f"images are {new}, before {old}: an earlier model does not accept them"


def _findings(drift: Drift, plural: str) -> Iterator[str]:
    removed = [each.name for each in drift.classes if not each.now]
    added = [each.name for each in drift.classes if not each.before]
    if removed:
        yield f"no examples left: {_format_names(removed)}"
    if added:
        yield f"new: {_format_names(added)}"
    if drift.overlap and drift.overlap.relabelled:
        yield (
            f"{drift.overlap.relabelled:,} of {drift.overlap.kept:,} kept {plural} have another"
            " label than before"
        )
    index, p_value = drift.stability_index, drift.p_value
    significant = p_value is not None and p_value < _SIGNIFICANCE_LEVEL
    if index is not None and index >= _SHIFT_THRESHOLD and significant:
        which = f"the {'new ' if drift.overlap else ''}{plural}"
        yield f"the class shares of {which} have shifted: PSI {index:.2f}"
    if drift.new_words is not None and drift.new_words >= _SHIFT_THRESHOLD:
        yield f"{drift.new_words:.0%} of the most frequent words are new"
    for number, channel in enumerate(drift.channels):
        deviation = channel.deviation_before
        mean_shift = abs(channel.mean_now - channel.mean_before) / deviation
        deviation_shift = abs(channel.deviation_now / deviation - 1)
        if max(mean_shift, deviation_shift) >= _SHIFT_THRESHOLD:
            yield (
                f"channel {number}: mean {channel.mean_now:.4g}, standard deviation"
                f" {channel.deviation_now:.4g}; before: mean {channel.mean_before:.4g}, standard"
                f" deviation {deviation:.4g}"
            )


def _format_names(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    shown = ", ".join(f"'{name}'" for name in names[:_MAX_NAMES])
    others = f" and {more} more" if more > 0 else ""
    return f"class{'es' if len(names) > 1 else ''} {shown}{others}"
