"""Collects the labels of the rows of a table, and converts them to classes."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from kubenas.data.source.labels import class_labels
from kubenas.errors import UserError

MAX_CLASSES = 1000
MAX_LABEL_LENGTH = 256
_FEW_CLASSES = 10
"""So many classes are plausible even if each has only one or two rows."""

_MISSING = {"", "nan", "null"}
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})(\.0*)?")
_FRACTION = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_KINDS = {str: "a string", bool: "a boolean", int: "a whole number"}

Label: TypeAlias = str | bool | int


@dataclass(frozen=True)
class LabelClasses:
    """The classes of a table."""

    names: tuple[str, ...]
    counts: tuple[int, ...]
    """The rows of each class."""
    indices: Mapping[Label | float | None, int]
    """The class index of each label."""


class LabelCounter:
    """Counts the rows of each label. Memory depends on the number of different labels only."""

    def __init__(self, column: str, *, origin: str) -> None:
        self._column = column
        self._origin = origin
        self._counts: Counter[Label] = Counter()
        self._first: dict[Label, str] = {}
        """The first row with each label."""
        self._bad: Counter[str] = Counter()
        """The number of rows with each problem."""
        self._first_bad: dict[str, str] = {}

    def __contains__(self, label: Label | float | None) -> bool:
        return label in self._counts

    def add(self, value: Any, place: str) -> None:
        """Adds the label of a row.

        Args:
            value: the value of the column.
            place: where the row is, for error messages.

        Raises:
            UserError: The value cannot be a label.
        """
        if isinstance(value, list | dict):
            raise UserError(
                f"{self._origin}: {place} has several values in '{self._column}'; write one label"
                " as a string or an integer"
            )
        label = to_label(value)
        if label is None:
            self._add_problem("no label", place)
        elif isinstance(label, float):
            self._add_problem("a fraction", f"{label} in {place}")
        elif label in self._counts and type(label) is self._kind:
            self._counts[label] += 1
        else:
            self._add_new(label, place)

    def classes(self) -> LabelClasses:
        """Returns the classes of all labels: numbers by value, strings by alphabet.

        Raises:
            UserError: The labels of some rows are missing, or they are not classes.
        """
        self._check_problems()
        labels = list(self._counts)
        found = class_labels(np.array(self._values(labels)), origin=self._origin)
        indices: dict[Label | float | None, int] = dict(
            zip(labels, found.indices.tolist(), strict=True)
        )
        counts = [0] * len(found.names)
        for label, number in self._counts.items():
            counts[indices[label]] += number
        self._check_number(len(found.names))
        return LabelClasses(found.names, tuple(counts), indices)

    @property
    def _kind(self) -> type:
        return type(next(iter(self._counts), None))

    def _add_new(self, label: Label, place: str) -> None:
        if isinstance(label, str) and len(label) > MAX_LABEL_LENGTH:
            raise UserError(
                f"{self._origin}: {place} has a label of {len(label)} characters in"
                f" '{self._column}': it looks like a text, not a class; {self._remedy}"
            )
        if self._counts and type(label) is not self._kind:
            kinds, first = _KINDS, next(iter(self._first.values()))
            raise UserError(
                f"{self._origin}: '{self._column}' is {kinds[type(label)]} in {place} and"
                f" {kinds[self._kind]} in {first}; write all labels in one way"
            )
        if len(self._counts) == MAX_CLASSES:
            raise UserError(
                f"{self._origin}: '{self._column}' has more than {MAX_CLASSES} different values:"
                f" it looks like a value or an id, not a class; {self._remedy}"
            )
        self._counts[label] = 1
        self._first[label] = place

    def _add_problem(self, problem: str, example: str) -> None:
        self._bad[problem] += 1
        self._first_bad.setdefault(problem, example)

    def _check_problems(self) -> None:
        if missing := self._bad["no label"]:
            raise UserError(
                f"{self._origin}: {missing} rows have no label in '{self._column}', the first is"
                f" {self._first_bad['no label']}; add the labels or remove the rows"
            )
        if fractions := self._bad["a fraction"]:
            self._refuse_fractions(fractions, self._first_bad["a fraction"])

    def _values(self, labels: list[Label]) -> list[Label]:
        """Returns the labels, as integers if all of them are strings with whole numbers."""
        texts = [label for label in labels if isinstance(label, str)]
        if not texts:
            fit = all(abs(int(label)) < 1 << 63 for label in labels)
            return labels if fit else [str(label) for label in labels]
        if not all(map(_FRACTION.fullmatch, texts)):
            return labels
        if all(map(_WHOLE.fullmatch, texts)):
            return [int(text.partition(".")[0]) for text in texts]
        broken = [text for text in texts if not float(text).is_integer()]
        if broken:
            number = sum(self._counts[text] for text in broken)
            self._refuse_fractions(number, f"{broken[0]} in {self._first[broken[0]]}")
        return labels

    def _refuse_fractions(self, number: int, first: str) -> None:
        raise UserError(
            f"{self._origin}: {number} rows have a fraction in '{self._column}', the first is"
            f" {first}: it looks like a value, not a class; {self._remedy}"
        )

    def _check_number(self, classes: int) -> None:
        rows = self._counts.total()
        if classes > _FEW_CLASSES and 2 * classes > rows:
            raise UserError(
                f"{self._origin}: '{self._column}' has {classes} different values in {rows} rows:"
                f" it looks like a value or an id, not a class; {self._remedy}"
            )

    @property
    def _remedy(self) -> str:
        return "name the column of the classes in data.target"


def to_label(value: Any) -> Label | float | None:
    """Returns the label in ``value``: whole floats as integers, strings without outer spaces.

    Returns:
        The label, a float if it is a fraction, or None if it is missing.
    """
    if isinstance(value, str):
        label = value.strip()
        return None if label.lower() in _MISSING else label
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124  NaN differs from itself
            return None
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, bool | int):
        return value
    return None
