"""Is there enough data to search on? Pure: errors where not, warnings where barely."""

from collections.abc import Iterator, Mapping, Sequence

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source import SourceInfo
from kubenas.errors import UserError

MIN_EXAMPLES = 10
MIN_CLASS_EXAMPLES = 3

MIN_EVALUATION_EXAMPLES = 100
"""Examples of a split below which an accuracy on it is uncertain by ten points or more."""

_IMBALANCED = 10.0
_MAX_NAMES = 5


def check_source_size(info: SourceInfo, *, origin: str) -> None:
    """Checks what there is before it is split.

    Raises:
        UserError: too few examples or classes.
    """
    if info.examples < MIN_EXAMPLES:
        raise UserError(f"{origin}: {info.examples} examples; at least {MIN_EXAMPLES} are needed")
    if len(info.classes) < 2:
        raise UserError(f"{origin}: only one class, '{info.classes[0]}'; at least two are needed")
    small = [
        f"'{name}' ({count})"
        for name, count in zip(info.classes, info.class_counts, strict=True)
        if count < MIN_CLASS_EXAMPLES
    ]
    if small:
        raise UserError(
            f"{origin}: {_listed(small)} with fewer than {MIN_CLASS_EXAMPLES} examples;"
            " add some or leave the class out"
        )


def check_splits(
    counts: Mapping[SplitName, Sequence[int]], classes: Sequence[str], *, origin: str
) -> None:
    """Checks ``counts``, examples of each class in each split.

    Raises:
        UserError: a split is empty, or training lacks a class.
    """
    for split in SPLITS:
        if not sum(counts[split]):
            raise UserError(
                f"{origin}: no example fell into the {split} split of {_total(counts)};"
                f" add data, or change {_remedy(split)}"
            )
    if missing := _missing(counts["train"], classes):
        raise UserError(
            f"{origin}: {_listed(missing)} without an example in the training split;"
            f" add data, or change {_remedy('train')}"
        )


def split_warnings(counts: Mapping[SplitName, Sequence[int]], info: SourceInfo) -> Iterator[str]:
    """Warnings about what a search can live with."""
    for split in ("validation", "test"):
        if (examples := sum(counts[split])) < MIN_EVALUATION_EXAMPLES:
            yield (
                f"the {split} split has only {_number_of(examples)}: each of them makes"
                f" {100 / examples:.1f} points of an accuracy; add data, or raise"
                f" data.{split}_fraction"
            )
        if missing := _missing(counts[split], info.classes):
            yield f"{_listed(missing)} without a {split} example"
    if (ratio := imbalance(info)) >= _IMBALANCED:
        yield f"imbalance {ratio:.0f}:1 between the largest and the smallest class"


def imbalance(info: SourceInfo) -> float:
    """The size of the largest class over that of the smallest."""
    return float(max(info.class_counts) / min(info.class_counts))


def _number_of(examples: int) -> str:
    return f"{examples} example{'' if examples == 1 else 's'}"


def _missing(counts: Sequence[int], classes: Sequence[str]) -> list[str]:
    return [f"'{name}'" for name, count in zip(classes, counts, strict=True) if not count]


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    shown = ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"class {shown}" if len(names) == 1 else f"classes {shown}"


def _remedy(split: SplitName) -> str:
    if split == "train":
        return "data.seed, data.test_fraction or data.validation_fraction"
    return f"data.seed or data.{split}_fraction"


def _total(counts: Mapping[SplitName, Sequence[int]]) -> str:
    return f"{sum(map(sum, counts.values()))} examples"
