"""Detection of exact duplicates, near duplicates and label conflicts in a data set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kubenas.data.dataset.example_index import ExampleIndex
from kubenas.data.kinds.kind import ExampleKind
from kubenas.data.preparation.example_buffer import ExampleBuffer
from kubenas.data.source import ReportProgress, SourceInfo

_Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class DuplicateReport:
    """The duplicates of a data set. Pairs are positions in the source, in ascending order."""

    groups: _Positions
    """Group of each example, shape (examples,). A group has equal and nearly equal examples."""
    duplicates: int
    """Examples with the same content as another one, not counting the first of each."""
    near_duplicates: int
    """Distinct examples in groups of near duplicates, not counting the first of each group."""
    near_pair: tuple[int, int] | None
    """An example of two near duplicates."""
    too_similar: bool
    """Whether all examples are too similar to detect near duplicates."""
    label_conflicts: int
    """Examples whose content also occurs with another label."""
    conflict_pair: tuple[int, int] | None
    """An example of a label conflict."""

    def warnings(self, locate: Callable[[int], str], kind: ExampleKind) -> Iterator[str]:
        """Yields warnings about the duplicates.

        Args:
            locate: returns the location of the example at a position.
            kind: kind of the examples.
        """
        if self.duplicates:
            yield f"duplicates: {self.duplicates}; the test split keeps one of each"
        if self.near_pair is not None:
            first, second = map(locate, self.near_pair)
            yield (
                f"near duplicates: {self.near_duplicates}, such as {first} and {second};"
                " a group is in one split, and the test split keeps one of each"
            )
        if self.too_similar:
            yield (
                f"near duplicates could not be detected: more than half of the {kind.plural} are"
                " nearly the same; if they are copies, the test accuracy is too high"
            )
        if self.conflict_pair is not None:
            first, second = map(locate, self.conflict_pair)
            yield (
                f"{self.label_conflicts} examples have the same {kind.content} as an example of"
                f" another class, such as {first} and {second}"
            )


def find_duplicates(
    buffer: ExampleBuffer,
    kind: ExampleKind,
    info: SourceInfo,
    report: ReportProgress | None = None,
) -> DuplicateReport:
    """Finds the duplicates in ``buffer``, which must not be empty.

    Args:
        buffer: the examples.
        kind: kind of the examples.
        info: summary of their source.
        report: called with the progress.
    """
    if report:
        report("comparing examples", len(buffer), len(buffer))
    index = buffer.index
    _, first, inverse = np.unique(index["key"], return_index=True, return_inverse=True)
    found = kind.near_duplicates(
        buffer.fingerprints[first],
        index["label"][first],
        lambda positions: buffer.read_all(first[positions]),
        info,
    )
    distinct = len(first)
    near_pair = _first_pair(first, found.groups)
    label_conflicts, conflict_pair = _label_conflicts(index)
    return DuplicateReport(
        groups=found.groups[inverse],
        duplicates=len(index) - distinct,
        near_duplicates=distinct - len(np.unique(found.groups)),
        near_pair=near_pair,
        too_similar=found.too_similar,
        label_conflicts=label_conflicts,
        conflict_pair=conflict_pair,
    )


def _first_pair(positions: _Positions, groups: _Positions) -> tuple[int, int] | None:
    """Returns two positions of the first group with several members; None if there is none."""
    order = np.lexsort((positions, groups))
    same = np.flatnonzero(np.diff(groups[order]) == 0)
    return _pair(positions[order], int(same[0])) if len(same) else None


def _label_conflicts(index: ExampleIndex) -> tuple[int, tuple[int, int] | None]:
    order = np.lexsort((index["label"], index["key"]))
    keys, labels = index["key"][order], index["label"][order]
    clash = np.flatnonzero((keys[1:] == keys[:-1]) & (labels[1:] != labels[:-1]))
    count = int(np.isin(keys, keys[clash]).sum())
    return count, _pair(order, int(clash[0])) if len(clash) else None


def _pair(positions: _Positions, start: int) -> tuple[int, int]:
    low, high = sorted(positions[start : start + 2].tolist())
    return low, high
