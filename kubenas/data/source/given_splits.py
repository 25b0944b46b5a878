"""Names that sources have for the splits of a data set."""

from collections.abc import Collection

from kubenas.data.dataset.schema import SPLITS, SplitName
from kubenas.errors import UserError

_NAMES: dict[SplitName, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing"),
}


def split_named(name: str) -> SplitName | None:
    """Returns the split that a folder or an array is named for, or None."""
    return next((split for split, names in _NAMES.items() if name.lower() in names), None)


def paired_arrays(
    names: Collection[str], *, origin: str
) -> list[tuple[str, str, SplitName | None]]:
    """Returns the names of the arrays of images and of labels, with their splits.

    They are ``x`` and ``y``, or a pair such as ``x_train`` and ``y_train`` for each split. Other
    arrays are ignored.

    Raises:
        UserError: An array is missing.
    """
    pairs: list[tuple[str, str, SplitName | None]] = [
        (f"x_{name}", f"y_{name}", split)
        for split in SPLITS
        for name in _NAMES[split]
        if {f"x_{name}", f"y_{name}"} & set(names)
    ]
    whole = {"x", "y"} <= set(names)
    if whole and pairs:
        beside = ", ".join(name for pair in pairs for name in pair[:2] if name in names)
        raise UserError(
            f"{origin}: x and y beside {beside}: it is not clear which to use; name the training"
            " examples x_train and y_train, or remove the others"
        )
    if whole or not any(split == "train" for *_, split in pairs):
        pairs = [("x", "y", None)]
    if missing := [name for pair in pairs for name in pair[:2] if name not in names]:
        raise UserError(
            f"{origin}: no array {' and '.join(map(repr, missing))}, found"
            f" {', '.join(sorted(names)[:8]) or 'nothing'}; save images as x and labels as y, or"
            " those of the splits as x_train, y_train, x_test and y_test"
        )
    splits = [split for *_, split in pairs]
    if len(set(splits)) < len(splits):
        listed = ", ".join(images for images, *_ in pairs)
        raise UserError(f"{origin}: several arrays for one split: {listed}; keep one of them")
    return pairs
