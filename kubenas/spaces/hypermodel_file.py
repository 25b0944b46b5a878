"""A user's own keras_tuner.HyperModel, loaded from its file. For trial processes only."""

import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import keras_tuner

from kubenas.errors import UserError
from kubenas.spaces.hypermodel_source import check_hypermodel_source, split_reference
from kubenas.storage import open_storage, split
from kubenas.trial import SpaceRef


def load_hypermodel_file(
    space: SpaceRef, *, input_shape: tuple[int, int, int], num_classes: int
) -> keras_tuner.HyperModel:
    """An instance of the class that ``space.hypermodel`` names.

    Its ``__init__`` gets ``input_shape`` and ``num_classes`` as far as it names them.

    Raises:
        UserError: with file and line, if the file or the class cannot be used.
    """
    if space.hypermodel is None:
        raise UserError("space.hypermodel: is empty; give 'my_module.py:MyHyperModel'")
    check_hypermodel_source(space.hypermodel)
    uri, name = split_reference(space.hypermodel)
    if space.import_path is not None:
        _make_importable(_local(space.import_path))
    folder, file = split(uri)
    path = _local(folder) / file
    kind = getattr(_import(path, uri), name, None)
    if not (isinstance(kind, type) and issubclass(kind, keras_tuner.HyperModel)):
        raise UserError(
            f"space.hypermodel: {name} in {uri} is not a subclass of keras_tuner.HyperModel"
        )
    offered = {"input_shape": input_shape, "num_classes": num_classes}
    return _constructed(kind, path, offered)


def line_in_file(error: BaseException, path: Path) -> int | None:
    """The line of ``path`` in which ``error`` arose, the innermost one; None if in none of it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return lines[-1] if lines else None


def _local(uri: str) -> Path:
    return open_storage(uri or "/").stage("")


def _make_importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _import(path: Path, uri: str) -> ModuleType:
    """The file as a module. Its name depends on the file only: saved models mention it."""
    name = f"kubenas_hypermodel_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError(f"space.hypermodel: {uri} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the user's module raises is the user's to read
        del sys.modules[name]
        raise _failed("importing it", error, path) from error
    return module


def _constructed(
    kind: type[keras_tuner.HyperModel], path: Path, offered: dict[str, Any]
) -> keras_tuner.HyperModel:
    accepted = inspect.signature(kind).parameters
    try:
        return kind(**{name: value for name, value in offered.items() if name in accepted})
    except Exception as error:  # whatever the user's constructor raises is the user's to read
        raise _failed(f"{kind.__name__}()", error, path) from error


def _failed(doing: str, error: Exception, path: Path) -> UserError:
    line = line_in_file(error, path)
    where = f"{path}, line {line}" if line else str(path)
    text = " ".join(str(error).split())
    return UserError(f"space.hypermodel: {where}: {doing} raised {type(error).__name__}: {text}")
