"""Arrays of labels -> class names and indices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kubenas.data.source.names import check_name
from kubenas.errors import UserError


@dataclass(frozen=True)
class ClassLabels:
    """``names[indices[i]]`` is the class of example ``i``."""

    names: tuple[str, ...]
    indices: npt.NDArray[np.int32]

    @property
    def counts(self) -> tuple[int, ...]:
        """Examples of each class."""
        return tuple(np.bincount(self.indices, minlength=len(self.names)).tolist())


def class_labels(labels: npt.NDArray[Any], *, origin: str) -> ClassLabels:
    """Whole numbers or texts, shape (n,) or (n, 1), as classes in ascending order.

    Raises:
        UserError: they are no class labels. ``origin`` says whose they are.
    """
    values = _one_per_example(labels, origin)
    if values.dtype.kind == "f":
        values = _whole_numbers(values, origin)
    if values.dtype.kind not in "biuUS":
        raise UserError(
            f"{origin}: y is of type {values.dtype}; labels must be whole numbers or texts"
        )
    distinct, indices = np.unique(values, return_inverse=True)
    names = tuple(_name(value, origin) for value in distinct)
    return ClassLabels(names, indices.astype(np.int32))


def _one_per_example(labels: npt.NDArray[Any], origin: str) -> npt.NDArray[Any]:
    if labels.ndim == 1:
        return labels
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "biuf" and np.all(labels.sum(axis=1) == 1):
        raise UserError(f"{origin}: y is one-hot, shape {labels.shape}; store y.argmax(axis=1)")
    raise UserError(f"{origin}: y has shape {labels.shape}; it must be (n,), one label an example")


def _whole_numbers(values: npt.NDArray[Any], origin: str) -> npt.NDArray[np.int64]:
    wrong = np.flatnonzero(~np.isfinite(values) | (values != np.round(values)))
    if len(wrong):
        raise UserError(
            f"{origin}: {len(wrong)} labels in y are not whole numbers, the first is"
            f" y[{wrong[0]}] = {values[wrong[0]]}; y must hold class labels"
        )
    return values.astype(np.int64)


def _name(value: Any, origin: str) -> str:
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError as error:
            raise UserError(
                f"{origin}: the label {bytes(value)!r} in y is no UTF-8 text; store labels as"
                " numbers or as texts (str)"
            ) from error
    name = str(value)
    check_name(name, origin=origin, what="the label", remedy="give the class another name")
    return name
