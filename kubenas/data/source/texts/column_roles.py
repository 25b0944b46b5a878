"""Finds the columns of a table with the labels, the texts and the splits. Pure functions."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from kubenas.data.source.texts.columns import Columns
from kubenas.errors import UserError

_TARGETS = ("label", "labels", "target", "class", "category", "y")
_FEATURES = ("text", "sentence", "content", "message", "review", "body", "document")
_SPLIT = "split"
_LISTED = 12
_SHOWN = 40


@dataclass(frozen=True)
class ColumnRoles:
    """What the columns of a table are used for."""

    target: str
    features: tuple[str, ...]
    split: str | None
    """The column that may name the split of each row."""

    @property
    def used(self) -> tuple[str, ...]:
        """All columns that are read: the features, the target and the split."""
        return (*self.features, self.target, *([self.split] if self.split else []))


def find_roles(names: Sequence[str], wanted: Columns, *, origin: str) -> ColumnRoles:
    """Finds the columns that ``wanted`` names, or finds them by their usual names.

    Args:
        names: all columns of the table. Those without a name are never found.
        wanted: the columns of the config.
        origin: the table, for error messages.

    Raises:
        UserError: A column does not exist, or it is not clear which one to use.
    """
    for field, chosen in (("target", [wanted.target or ""]), ("features", wanted.features)):
        for name in chosen:
            if name and name not in names:
                raise UserError(f"{origin}: data.{field}: no column '{name}'; {_near(name, names)}")
    target = wanted.target or _find_target(names, wanted.features, origin)
    _check_features(wanted.features, target, origin)
    split = next((name for name in names if name.lower() == _SPLIT and name != target), None)
    if split in wanted.features:
        split = None
    rest = [name for name in names if name and name not in (target, split)]
    return ColumnRoles(target, wanted.features or (_find_feature(rest, target, origin),), split)


def _find_target(names: Sequence[str], features: Sequence[str], origin: str) -> str:
    found = [name for name in names if name.lower() in _TARGETS and name not in features]
    if len(found) > 1:
        raise UserError(
            f"{origin}: {' and '.join(map(repr, found))} may all be the labels; name the column of"
            " the labels in data.target"
        )
    if not found:
        raise UserError(
            f"{origin}: no column named {', '.join(_TARGETS[:-1])} or {_TARGETS[-1]}; name the"
            f" column of the labels in data.target; the columns are {_listed(names)}"
        )
    return found[0]


def _check_features(features: Sequence[str], target: str, origin: str) -> None:
    if target in features:
        raise UserError(
            f"{origin}: data.features: '{target}' is the column of the labels; a text must not"
            " contain its label"
        )
    for name in features:
        if features.count(name) > 1:
            raise UserError(f"{origin}: data.features names '{name}' twice; remove one")


def _find_feature(rest: Sequence[str], target: str, origin: str) -> str:
    named = [name for name in rest if name.lower() in _FEATURES]
    found = rest if len(rest) == 1 else named
    if len(found) == 1:
        return found[0]
    if not rest:
        raise UserError(
            f"{origin}: no column beside '{target}'; add a column of texts, or check the separator"
            " of the fields"
        )
    raise UserError(
        f"{origin}: it is not clear which columns have the texts; name them in data.features; the"
        f" columns are {_listed(rest)}"
    )


def _near(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, [each for each in names if each], n=1)
    return f"did you mean '{close[0]}'?" if close else f"the columns are {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    named = [name for name in names if name]
    shown = [f"'{name if len(name) <= _SHOWN else name[:_SHOWN] + '...'}'" for name in named]
    more = [f"{len(named) - _LISTED} more"] if len(named) > _LISTED else []
    return ", ".join([*shown[:_LISTED], *more])
