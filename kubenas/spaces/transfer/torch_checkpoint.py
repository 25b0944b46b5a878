"""Reading of the arrays in a PyTorch checkpoint, without PyTorch.

The format is that of PyTorch before 1.6: five pickles (magic number, version, system, state, keys
of the storages), then each storage as a count and its values. The pickles may create tensors and
containers only, so reading a file runs none of its code.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from kubenas.errors import UserError

Array = npt.NDArray[Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}
_COUNT = struct.Struct("<q")


def read_torch_checkpoint(path: Path) -> Mapping[str, Array]:
    """Returns the tensors of the state dictionary in ``path`` by name.

    Raises:
        UserError: the file cannot be read, is in another format, or needs anything but tensors.
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:  # a pickle that is damaged raises nearly anything
        raise UserError(f"{path}: not a PyTorch checkpoint of tensors: {error}") from error


def _read(file: BinaryIO) -> dict[str, Array]:
    storages: dict[str, _Storage] = {}
    if _load(file, {}) != _MAGIC or _load(file, {}) != _VERSION:
        raise ValueError("it has another format than that of PyTorch before 1.6")
    _load(file, {})  # the system that wrote it
    state = _load(file, storages)
    for key in _load(file, {}):
        storages[key].fill(file)
    return {name: tensor.array() for name, tensor in state.items()}


def _load(file: BinaryIO, storages: "dict[str, _Storage]") -> Any:
    return _Unpickler(file, storages).load()


class _Storage:
    """Values that tensors refer to. They follow the pickles in the file."""

    def __init__(self, dtype: str, count: int) -> None:
        self.values: Array = np.zeros(0, dtype)
        self._count = count

    def fill(self, file: BinaryIO) -> None:
        """Reads the values at the position of ``file``."""
        (count,) = _COUNT.unpack(file.read(_COUNT.size))
        data = file.read(count * self.values.itemsize)
        if count != self._count or len(data) != count * self.values.itemsize:
            raise ValueError("the file is truncated")
        self.values = np.frombuffer(data, self.values.dtype)


class _Tensor:
    """A view of a storage."""

    def __init__(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self._storage, self._offset = storage, offset
        self._shape, self._strides = shape, strides

    def array(self) -> Array:
        """Returns the values as an array of their own."""
        values = self._storage.values[self._offset :]
        last = sum((side - 1) * step for side, step in zip(self._shape, self._strides, strict=True))
        if min((*self._shape, *self._strides), default=1) < 0 or last >= len(values):
            raise ValueError("a tensor lies outside of its storage")
        steps = [step * values.itemsize for step in self._strides]
        return np.lib.stride_tricks.as_strided(values, self._shape, steps).copy()


class _Unpickler(pickle.Unpickler):
    """Unpickles containers, tensors and references to storages; nothing else has a name."""

    def __init__(self, file: BinaryIO, storages: dict[str, _Storage]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Callable[..., Any] | str] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            **{("torch", kind): kind for kind in _DTYPES},
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it refers to {module}.{name}")
        return allowed[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, _, count, *_ = pid
        return self._storages.setdefault(key, _Storage(_DTYPES[kind], count))


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    """Takes the place of ``torch._utils._rebuild_tensor_v2``."""
    return _Tensor(storage, offset, shape, strides)
