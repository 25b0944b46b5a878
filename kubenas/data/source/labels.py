"""Converts arrays of labels to class names and class indices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kubenas.data.source.names import check_name
from kubenas.errors import UserError


@dataclass(frozen=True)
class ClassLabels:
    """Class names and indices: ``names[indices[i]]`` is the class of example ``i``."""

    names: tuple[str, ...]
    indices: npt.NDArray[np.int32]

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of examples of each class."""
        return tuple(np.bincount(self.indices, minlength=len(self.names)).tolist())


def class_labels(labels: npt.NDArray[Any], *, origin: str) -> ClassLabels:
    """Returns the classes of ``labels``, in ascending order.

    Args:
        labels: integers or strings of shape (n,) or (n, 1).
        origin: the source, for error messages.

    Raises:
        UserError: ``labels`` are not class labels.
    """
    values = _flatten(labels, origin)
    if values.dtype.kind == "f":
        values = _to_integers(values, origin)
    if values.dtype.kind not in "biuUS":
        raise UserError(f"{origin}: y has dtype {values.dtype}; labels must be integers or strings")
    distinct, indices = np.unique(values, return_inverse=True)
    names = tuple(_to_name(value, origin) for value in distinct)
    return ClassLabels(names, indices.astype(np.int32))


def joined_labels(
    parts: Sequence[tuple[str, npt.NDArray[Any]]], *, origin: str
) -> npt.NDArray[Any]:
    """Returns the labels of all parts, one after the other.

    Args:
        parts: name of each array, and its labels of shape (n,) or (n, 1).
        origin: the source, for error messages.

    Raises:
        UserError: The parts differ in the kind of their labels.
    """
    (first, labels), *others = parts
    for name, more in others:
        kinds = [_kind(labels), _kind(more)]
        if kinds[0] != kinds[1]:
            raise UserError(
                f"{origin}: {first} has dtype {labels.dtype} and shape {labels.shape}, {name} has"
                f" {more.dtype} and {more.shape}; their labels must be of one kind"
            )
    return np.concatenate([each for _, each in parts]) if others else labels


def _kind(labels: npt.NDArray[Any]) -> tuple[str, tuple[int, ...]]:
    """Returns the kind of the labels, "number" for all numbers, and the shape of one."""
    kind = labels.dtype.kind
    return "number" if kind in "biuf" else kind, labels.shape[1:]


def _flatten(labels: npt.NDArray[Any], origin: str) -> npt.NDArray[Any]:
    if labels.ndim == 1:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "biuf" and np.all(labels.sum(axis=1) == 1):
        raise UserError(
            f"{origin}: y is one-hot encoded with shape {labels.shape}; save y.argmax(axis=1)"
        )
    raise UserError(f"{origin}: y has shape {labels.shape}; it must be (n,), one label per example")


def _to_integers(values: npt.NDArray[Any], origin: str) -> npt.NDArray[np.int64]:
    wrong = np.flatnonzero(~np.isfinite(values) | (values != np.round(values)))
    if len(wrong):
        raise UserError(
            f"{origin}: {len(wrong)} labels in y are not integers, the first is"
            f" y[{wrong[0]}] = {values[wrong[0]]}; y must contain class labels"
        )
    return values.astype(np.int64)


def _to_name(value: Any, origin: str) -> str:
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError as error:
            raise UserError(
                f"{origin}: the label {bytes(value)!r} in y is not valid UTF-8; save labels as"
                " integers or as strings (str)"
            ) from error
    name = str(value)
    check_name(name, origin=origin, what="the label", remedy="rename the class")
    return name
