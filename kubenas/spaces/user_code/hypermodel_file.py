"""Loading of a user's HyperModel from its file. For trial processes only."""

import importlib
import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import keras_tuner

from kubenas.errors import UserError
from kubenas.spaces.user_code.hypermodel_source import check_hypermodel_source, split_reference
from kubenas.spaces.user_code.importing import import_fresh, locate_error
from kubenas.spaces.user_code.requirements import (
    HOW_TO_INSTALL,
    missing_module_hint,
    missing_requirements,
)
from kubenas.spaces.user_code.shadowing import check_shadowing
from kubenas.storage import open_storage, split
from kubenas.trial import SpaceRef


def load_hypermodel_file(
    space: SpaceRef,
    *,
    input_shape: tuple[int, ...],
    num_classes: int,
    vocabulary_size: int | None = None,
) -> keras_tuner.HyperModel:
    """Loads ``space.hypermodel``: a HyperModel class, an instance, or a function ``build(hp)``.

    A class or function gets ``input_shape``, ``num_classes`` and, for texts, ``vocabulary_size`` if
    it has these parameters.

    Raises:
        UserError: the file or the object in it cannot be used. The message has file and line.
    """
    if space.hypermodel is None:
        raise UserError("space.hypermodel: is empty; set it to 'my_module.py:MyHyperModel'")
    check_hypermodel_source(space.hypermodel)
    uri, name = split_reference(space.hypermodel)
    parent, file = split(uri)
    folder = open_storage(parent or "/").stage("")
    _check_requirements(folder, space.requirements)
    check_shadowing(each.relative_to(folder).as_posix() for each in folder.rglob("*.py"))
    named = getattr(_import(folder, file), name, None)
    offered: dict[str, Any] = {"input_shape": input_shape, "num_classes": num_classes}
    if vocabulary_size is not None:
        offered["vocabulary_size"] = vocabulary_size
    try:
        return _hypermodel(named, name, offered)
    except UserError as error:
        raise UserError(f"space.hypermodel: {file}: {error}") from error
    except Exception as error:  # reported to the user, whatever the constructor raises
        raise _failure(f"{name}()", error, folder, file) from error


def _check_requirements(folder: Path, name: str | None) -> None:
    missing = missing_requirements(folder / name) if name else []
    if missing:
        raise UserError(
            f"space.requirements: {name} requires {', '.join(missing)}; {HOW_TO_INSTALL}"
        )


def _import(folder: Path, file: str) -> ModuleType:
    try:
        return import_fresh(folder, file.removesuffix(".py"))
    except Exception as error:  # reported to the user, whatever the module raises
        raise _failure("importing it", error, folder, file) from error


def _hypermodel(named: Any, name: str, offered: dict[str, Any]) -> keras_tuner.HyperModel:
    if isinstance(named, keras_tuner.HyperModel):
        return named
    if isinstance(named, type):
        if issubclass(named, keras_tuner.HyperModel):
            return named(**_accepted_arguments(named, offered))
        raise UserError(f"{name} is not a subclass of keras_tuner.HyperModel")
    if callable(named):
        return _of_function(partial(named, **_accepted_arguments(named, offered)))
    raise UserError(f"{name} is neither a keras_tuner.HyperModel nor a function build(hp)")


def _of_function(build: Callable[..., Any]) -> keras_tuner.HyperModel:
    """Wraps a function as ``keras_tuner.Tuner`` does. Keras-Tuner has no public function for it."""
    return importlib.import_module("keras_tuner.src.engine.hypermodel").get_hypermodel(build)


def _accepted_arguments(named: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    parameters = inspect.signature(named).parameters
    return {name: value for name, value in offered.items() if name in parameters}


def _failure(doing: str, error: Exception, folder: Path, file: str) -> UserError:
    found = locate_error(folder, error)
    where = f"{found[0]}, line {found[1]}" if found else file
    text = " ".join(str(error).split())
    return UserError(
        f"space.hypermodel: {where}: {doing} raised {type(error).__name__}:"
        f" {text}{missing_module_hint(error)}"
    )
