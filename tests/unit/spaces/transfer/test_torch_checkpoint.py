"""PyTorch checkpoints are read without PyTorch, and run none of their code."""

import io
import os
import pickle
import struct
import sys
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kubenas.errors import UserError
from kubenas.spaces.transfer.torch_checkpoint import read_torch_checkpoint

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
VALUES = np.arange(12, dtype="<f4")


class FloatStorage:
    """A stand-in for ``torch.FloatStorage``."""


def _rebuild_tensor_v2(*_: object) -> None: ...


FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
_rebuild_tensor_v2.__module__ = "torch._utils"


class Tensor:
    def __init__(self, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.view = offset, shape, strides

    def __reduce__(self) -> Any:
        return _rebuild_tensor_v2, (FloatStorage(), *self.view, False, OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, FloatStorage):
            return "storage", FloatStorage, "7", "cpu", len(VALUES), None
        return None


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns a function that writes a checkpoint as PyTorch does."""
    torch, inner = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = FloatStorage  # type: ignore[attr-defined]
    inner._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", inner)

    def write(state: Any, *, magic: int = MAGIC, data: bytes = VALUES.tobytes()) -> Path:
        file = io.BytesIO()
        for content in (magic, VERSION, {"little_endian": True}):
            pickle.dump(content, file, 2)
        Pickler(file, 2).dump(state)
        pickle.dump(["7"], file, 2)
        path = tmp_path / "model.pth"
        path.write_bytes(file.getvalue() + struct.pack("<q", len(VALUES)) + data)
        return path

    return write


def test_tensors_are_views_of_a_storage(checkpoint: Any) -> None:
    state = OrderedDict(
        whole=Tensor(0, (3, 4), (4, 1)),
        turned=Tensor(0, (4, 3), (1, 4)),
        part=Tensor(10, (2,), (1,)),
    )
    arrays = read_torch_checkpoint(checkpoint(state))
    np.testing.assert_array_equal(arrays["whole"], VALUES.reshape(3, 4))
    np.testing.assert_array_equal(arrays["turned"], VALUES.reshape(3, 4).T)
    np.testing.assert_array_equal(arrays["part"], [10, 11])
    assert arrays["whole"].dtype == np.float32


class Attack:
    def __reduce__(self) -> Any:
        return os.mkdir, ("attacked",)


def test_a_checkpoint_runs_no_code(
    checkpoint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"it refers to \w+.mkdir"):
        read_torch_checkpoint(checkpoint({"a": Attack()}))
    assert not Path("attacked").exists()


@pytest.mark.parametrize("view", [(0, (13,), (1,)), (11, (2,), (1,)), (0, (2,), (-1,))])
def test_a_tensor_outside_of_its_storage_is_refused(
    view: tuple[int, tuple[int, ...], tuple[int, ...]], checkpoint: Any
) -> None:
    with pytest.raises(UserError, match="outside of its storage"):
        read_torch_checkpoint(checkpoint({"a": Tensor(*view)}))


def test_other_files_are_refused(checkpoint: Any, tmp_path: Path) -> None:
    state = {"a": Tensor(0, (12,), (1,))}
    with pytest.raises(UserError, match="truncated"):
        read_torch_checkpoint(checkpoint(state, data=b"1234"))
    with pytest.raises(UserError, match="another format"):
        read_torch_checkpoint(checkpoint(state, magic=1))
    (tmp_path / "text").write_text("hello")
    for name in ("text", "none"):
        with pytest.raises(UserError, match=name):
            read_torch_checkpoint(tmp_path / name)
