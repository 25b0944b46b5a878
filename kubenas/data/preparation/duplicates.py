"""Pictures that occur more than once in a data set, exactly or nearly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.example_index import ExampleIndex
from kubenas.data.preparation.example_buffer import ExampleBuffer
from kubenas.data.preparation.near_duplicates import near_duplicates
from kubenas.data.source import ReportProgress

_Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class DuplicateReport:
    """What repeats. Pairs are places in the source, the lower one first."""

    groups: _Places
    """Shape (examples,): the number of each one's group of equal and nearly equal pictures."""
    duplicates: int
    """Examples beyond the first with the same pixels."""
    near_duplicates: int
    """Different pictures beyond the first of their group."""
    near_pair: tuple[int, int] | None
    """Two of one group."""
    too_similar: bool
    """Whether all pictures are so alike that near duplicates cannot be told."""
    label_conflicts: int
    """Examples whose pixels also occur with another label."""
    conflict_pair: tuple[int, int] | None
    """Two of these."""

    def warnings(self, locate: Callable[[int], str]) -> Iterator[str]:
        """In words. ``locate`` tells where the example of a number is."""
        if self.duplicates:
            yield f"duplicates: {self.duplicates}; those in the test split count once there"
        if self.near_pair is not None:
            yield (
                f"near duplicates: {self.near_duplicates}, such as {locate(self.near_pair[0])} and"
                f" {locate(self.near_pair[1])}; they are in the same split, and count once for the test"
            )
        if self.too_similar:
            yield (
                "near duplicates could not be told, for more than half of the pictures are nearly"
                " the same; if some are copies of others, the test accuracy is too high"
            )
        if self.conflict_pair is not None:
            yield (
                f"{self.label_conflicts} examples have the same pixels as one of another class, such"
                f" as {locate(self.conflict_pair[0])} and {locate(self.conflict_pair[1])}"
            )


def find_duplicates(buffer: ExampleBuffer, report: ReportProgress | None = None) -> DuplicateReport:
    """The repeats in ``buffer``, which holds one example or more."""
    if report:
        report("comparing examples", len(buffer), len(buffer))
    index = buffer.index
    _, first, inverse = np.unique(index["key"], return_index=True, return_inverse=True)
    found = near_duplicates(
        buffer.features[first],
        index["label"][first],
        lambda places: buffer.images(first[places]),
        buffer.image_bytes,
    )
    different = len(first)
    near_pair = _first_pair(first, found.groups)
    clashes, conflict = _conflicts(index)
    return DuplicateReport(
        groups=found.groups[inverse],
        duplicates=len(index) - different,
        near_duplicates=different - len(np.unique(found.groups)),
        near_pair=near_pair,
        too_similar=found.too_similar,
        label_conflicts=clashes,
        conflict_pair=conflict,
    )


def _first_pair(places: _Places, groups: _Places) -> tuple[int, int] | None:
    """Two places of the first group that has two; None: no group has."""
    order = np.lexsort((places, groups))
    same = np.flatnonzero(np.diff(groups[order]) == 0)
    return _pair(places[order], int(same[0])) if len(same) else None


def _conflicts(index: ExampleIndex) -> tuple[int, tuple[int, int] | None]:
    order = np.lexsort((index["label"], index["key"]))
    keys, labels = index["key"][order], index["label"][order]
    clash = np.flatnonzero((keys[1:] == keys[:-1]) & (labels[1:] != labels[:-1]))
    label_conflicts = int(np.isin(keys, keys[clash]).sum())
    return label_conflicts, _pair(order, int(clash[0])) if len(clash) else None


def _pair(places: _Places, start: int) -> tuple[int, int]:
    low, high = sorted(places[start : start + 2].tolist())
    return low, high
