"""The columns of a table that the config names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Columns:
    """``data.target`` and ``data.features``: which columns of a table to use."""

    target: str | None = None
    """Column with the labels; None: found by its name."""
    features: tuple[str, ...] = ()
    """Columns with the texts, in the order in which they are joined; empty: found by its name."""


AUTOMATIC = Columns()
"""All columns are found by their names."""
