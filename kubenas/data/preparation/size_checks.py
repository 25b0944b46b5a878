"""Checks of the number of examples and classes. Pure functions."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from kubenas.config import DataConfig
from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.data.source import SourceInfo
from kubenas.errors import UserError

MIN_EXAMPLES = 10
MIN_CLASS_EXAMPLES = 3

MIN_EVALUATION_EXAMPLES = 100
"""With fewer examples in a split, the accuracy on it is uncertain by 10 points or more."""

_IMBALANCED = 10.0
_MAX_NAMES = 5


def check_source_size(info: SourceInfo, *, origin: str) -> None:
    """Checks the number of examples and classes of a source.

    Raises:
        UserError: There are too few examples or classes.
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
            f"{origin}: {_format_names(small)} with fewer than {MIN_CLASS_EXAMPLES} examples;"
            " add examples or remove the class"
        )


def check_splits(
    counts: Mapping[SplitName, Sequence[int]],
    classes: Sequence[str],
    *,
    origin: str,
    given: Collection[SplitName] = (),
) -> None:
    """Checks the number of examples of each class in each split.

    Args:
        counts: number of examples of each class, by split.
        classes: names of the classes.
        origin: the source, for error messages.
        given: splits whose examples the source gives.

    Raises:
        UserError: A split is empty, or a class has no training example.
    """
    for split in SPLITS:
        if not sum(counts[split]):
            raise UserError(
                f"{origin}: the {split} split is empty: it got none of {_format_total(counts)};"
                f" add data{_remedy(split, given)}"
            )
    if missing := _empty_classes(counts["train"], classes):
        raise UserError(
            f"{origin}: {_format_names(missing)} without a training example;"
            f" add data{_remedy('train', given)}"
        )


def split_warnings(
    counts: Mapping[SplitName, Sequence[int]],
    info: SourceInfo,
    *,
    given: Collection[SplitName] = (),
) -> Iterator[str]:
    """Yields warnings about small splits, missing classes and class imbalance.

    Arguments as for :func:`check_splits`.
    """
    for split in ("validation", "test"):
        if (examples := sum(counts[split])) < MIN_EVALUATION_EXAMPLES:
            remedy = "" if split in given else f", or increase data.{split}_fraction"
            yield (
                f"the {split} split has only {_format_count(examples)}: one example changes the"
                f" accuracy by {100 / examples:.1f} points; add data{remedy}"
            )
        if missing := _empty_classes(counts[split], info.classes):
            yield f"{_format_names(missing)} without a {split} example"
    if (ratio := imbalance(info)) >= _IMBALANCED:
        yield f"class imbalance {ratio:.0f}:1 between the largest and the smallest class"


def split_notes(info: SourceInfo, config: DataConfig) -> Iterator[str]:
    """Yields what became of the splits of the source."""
    if not info.splits:
        return
    listed = ", ".join(info.splits)
    if config.splits == "ignore":
        yield f"the source's own splits ({listed}) are ignored"
        return
    yield f"the source's own splits are used: {listed}"
    for split in SPLITS[1:]:
        if split not in info.splits:
            fraction = config.test_fraction if split == "test" else config.validation_fraction
            yield f"the {split} split is {fraction:.0%} of the source's training examples"


def leak_warnings(leaks: int) -> Iterator[str]:
    """Yields a warning about examples that a later split of the source holds, too."""
    if leaks:
        yield (
            f"{_format_count(leaks)} left out: equal or nearly equal to an example of the source's"
            " test or validation split"
        )


def imbalance(info: SourceInfo) -> float:
    """Returns the size of the largest class over that of the smallest."""
    return float(max(info.class_counts) / min(info.class_counts))


def _format_count(examples: int) -> str:
    return f"{examples} example{'' if examples == 1 else 's'}"


def _empty_classes(counts: Sequence[int], classes: Sequence[str]) -> list[str]:
    return [f"'{name}'" for name, count in zip(classes, counts, strict=True) if not count]


def _format_names(names: list[str]) -> str:
    more = len(names) - _MAX_NAMES
    shown = ", ".join(names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"class {shown}" if len(names) == 1 else f"classes {shown}"


def _remedy(split: SplitName, given: Collection[SplitName]) -> str:
    if split in given:
        return " to it, or set data.splits to 'ignore'"
    if split == "train":
        return ", or change data.seed, data.test_fraction or data.validation_fraction"
    return f", or change data.seed or data.{split}_fraction"


def _format_total(counts: Mapping[SplitName, Sequence[int]]) -> str:
    return f"{sum(map(sum, counts.values()))} examples"
