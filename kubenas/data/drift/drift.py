"""How data have changed since an earlier data set: what came, what went, what is labelled anew."""

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
from kubenas.trial import Value

_SHIFTED = 0.1
"""Population stability index from which a change is called moderate (Siddiqi, Credit Risk
Scorecards, 2006); and of a channel's mean and deviation, in deviations."""
_SIGNIFICANT = 0.01
_MAX_NAMES = 5


@dataclass(frozen=True)
class DatasetSnapshot:
    """What is known about a prepared data set without its pixels."""

    card: DataCard
    schema: DataSchema
    example_index: ExampleIndex | None
    """None: it was prepared without."""


class Overlap(Value):
    """Different pictures of both data sets; one that repeats counts once."""

    kept: int
    gone: int
    new: int
    relabelled: int = Field(description="of those kept: not in the same classes as before")


class ClassShare(Value):
    """Examples of a class."""

    name: str
    before: int
    now: int


class ChannelShift(Value):
    """Moments of a channel over the pixels of the training splits."""

    mean_before: float
    mean_now: float
    deviation_before: float
    deviation_now: float


class Drift(Value):
    """``drift.json``: data compared with earlier ones."""

    version: Literal[1] = 1
    digest: str
    before: str = Field(description="digest of the earlier data set")
    examples_before: int
    examples: int
    overlap: Overlap | None = Field(description="None: not known, or split by another seed")
    classes: tuple[ClassShare, ...] = Field(description="of either data set")
    stability_index: float | None = Field(
        description="population stability index of the shares of the classes that both have, of the"
        " new pictures against the earlier data; of all pictures where it is not known which are"
        " new; None: nothing to compare"
    )
    p_value: float | None = Field(description="of so large an index if the shares were the same")
    channels: tuple[ChannelShift, ...] = Field(description="empty: not as many as before")
    findings: tuple[str, ...] = Field(description="what a person should look at, in words")


def measure_drift(before: DatasetSnapshot, now: DatasetSnapshot) -> Drift:
    """How ``now`` differs from ``before``."""
    counts = [dict(zip(s.card.classes, s.card.class_counts, strict=True)) for s in (before, now)]
    overlap, arrived = _overlap(before, now)
    index, p_value = population_stability(counts[0], counts[1] if arrived is None else arrived)
    found = Drift(
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
        channels=_channels(before.schema, now.schema),
        findings=(),
    )
    shapes = _shape_finding(before.card, now.card)
    return found.model_copy(update={"findings": (*shapes, *_findings(found))})


def _overlap(
    before: DatasetSnapshot, now: DatasetSnapshot
) -> tuple[Overlap | None, dict[str, int] | None]:
    """What both hold, and the new pictures by class; None: pictures cannot be told apart."""
    held = before.example_index, now.example_index
    if held[0] is None or held[1] is None or before.card.seed != now.card.seed:
        return None, None
    names = list(dict.fromkeys([*before.card.classes, *now.card.classes]))
    old = _distinct(held[0], before.card.classes, names)
    new = _distinct(held[1], now.card.classes, names)
    kept = np.intersect1d(old["key"], new["key"])
    arrived = new[~np.isin(new["key"], kept)]
    changed = np.setxor1d(old[np.isin(old["key"], kept)], new[np.isin(new["key"], kept)])
    overlap = Overlap(
        kept=len(kept),
        gone=len(np.unique(old["key"])) - len(kept),
        new=len(np.unique(arrived["key"])),
        relabelled=len(np.unique(changed["key"])),
    )
    counts = np.bincount(arrived["label"], minlength=len(names))
    return overlap, {name: int(count) for name, count in zip(names, counts, strict=True)}


def _distinct(
    example_index: ExampleIndex, classes: Sequence[str], names: Sequence[str]
) -> npt.NDArray[np.void]:
    """Different pairs of picture and label, the labels as places in ``names``."""
    pairs = np.unique(example_index)
    place = {name: number for number, name in enumerate(names)}
    places = np.array([place[name] for name in classes], np.int32)
    pairs["label"] = places[pairs["label"]]
    return np.unique(pairs)


def _channels(before: DataSchema, now: DataSchema) -> tuple[ChannelShift, ...]:
    if before.shape[2] != now.shape[2]:
        return ()
    old, new = before.normalization, now.normalization
    return tuple(
        ChannelShift(
            mean_before=old.mean[channel],
            mean_now=new.mean[channel],
            deviation_before=math.sqrt(old.variance[channel]),
            deviation_now=math.sqrt(new.variance[channel]),
        )
        for channel in range(now.shape[2])
    )


def _shape_finding(before: DataCard, now: DataCard) -> Iterator[str]:
    if before.shape != now.shape:
        old, new = (" x ".join(map(str, card.shape)) for card in (before, now))
        yield f"pictures are {new} now and were {old}: an earlier model does not take them"


def _findings(found: Drift) -> Iterator[str]:
    vanished = [each.name for each in found.classes if not each.now]
    appeared = [each.name for each in found.classes if not each.before]
    if vanished:
        yield f"without an example now: {_listed(vanished)}"
    if appeared:
        yield f"new: {_listed(appeared)}"
    if found.overlap and found.overlap.relabelled:
        yield (
            f"{found.overlap.relabelled:,} of {found.overlap.kept:,} earlier pictures that are"
            " still there have another label now"
        )
    index, p_value = found.stability_index, found.p_value
    if index is not None and p_value is not None and index >= _SHIFTED and p_value < _SIGNIFICANT:
        which = "the new pictures" if found.overlap else "the pictures"
        yield f"the shares of the classes in {which} are others than before: PSI {index:.2f}"
    for number, channel in enumerate(found.channels):
        deviation = channel.deviation_before
        moved = abs(channel.mean_now - channel.mean_before) / deviation
        stretched = abs(channel.deviation_now / deviation - 1)
        if max(moved, stretched) >= _SHIFTED:
            yield (
                f"pixels of channel {number} have mean {channel.mean_now:.4g} and deviation"
                f" {channel.deviation_now:.4g}, before {channel.mean_before:.4g} and"
                f" {deviation:.4g}"
            )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMES
    shown = ", ".join(f"'{name}'" for name in names[:_MAX_NAMES])
    others = f" and {more} more" if more > 0 else ""
    return f"class{'es' if len(names) > 1 else ''} {shown}{others}"
