"""The spaces by name, and the checks that need neither TensorFlow nor the user's code."""

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from kubenas.config import SpaceConfig
from kubenas.errors import UserError
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import LayersOptions, ResidualOptions
from kubenas.spaces.user_code.hypermodel_source import check_hypermodel_source
from kubenas.trial import SpaceRef, Value

if TYPE_CHECKING:
    import keras_tuner

DEFAULT_SPACE = "layers"


class MakeGraph(Protocol):
    """Makes the function from values to graphs."""

    def __call__(
        self, *, input_shape: tuple[int, int, int], num_classes: int
    ) -> Callable[[Mapping[str, Any]], Graph]:
        """For pictures of ``input_shape``, (height, width, channels), of so many classes."""
        ...


@dataclass(frozen=True)
class SpaceInfo:
    """A registered space, for people who choose one."""

    name: str
    summary: str
    options: Mapping[str, str]
    """One line of help for each option."""


@dataclass(frozen=True)
class _Entry:
    """Where a space's code is; it imports TensorFlow, so it is looked up by name when needed."""

    summary: str
    options: type[Value]
    hypermodel: tuple[str, str]
    graph: tuple[str, str]
    """Imports neither TensorFlow nor Keras."""


_ENTRIES = {
    "layers": _Entry(
        summary="A list of convolutions and poolings, then dense layers; small enough for a CPU.",
        options=LayersOptions,
        hypermodel=("kubenas.spaces.layers.hypermodel", "LayersHyperModel"),
        graph=("kubenas.spaces.layers.graph", "LayersGraph"),
    ),
    "residual": _Entry(
        summary="Stages of residual blocks, trained with augmentation; for colour pictures.",
        options=ResidualOptions,
        hypermodel=("kubenas.spaces.residual.hypermodel", "ResidualHyperModel"),
        graph=("kubenas.spaces.residual.graph", "ResidualGraph"),
    ),
}

SPACES: tuple[SpaceInfo, ...] = tuple(
    SpaceInfo(
        name,
        entry.summary,
        {
            option: f"{field.description} Default: {field.default}."
            for option, field in entry.options.model_fields.items()
        },
    )
    for name, entry in _ENTRIES.items()
)


def check_space(space: SpaceRef | SpaceConfig) -> None:
    """Checks what can be checked without TensorFlow and without running the user's code.

    Raises:
        UserError: an unknown space or option, a value that is not allowed, or a HyperModel
            file that is missing, is not Python or lacks the class.
    """
    if space.hypermodel is None:
        _options(space)
        return
    if space.options:
        raise UserError(
            f"space.options: {_listed(space.options)} cannot be given to a hypermodel of your own;"
            " write the values into its file"
        )
    check_hypermodel_source(space.hypermodel)


def load_hypermodel(
    space: SpaceRef, *, input_shape: tuple[int, int, int], num_classes: int
) -> "keras_tuner.HyperModel":
    """The HyperModel that ``space`` names. Runs user code: for trial processes only.

    Args:
        space: what to load.
        input_shape: height, width and channels of a picture.
        num_classes: classes to tell apart.

    Raises:
        UserError: see :func:`check_space`; or the user's file fails when it is imported.
    """
    if space.hypermodel is not None:
        # User code is loaded through TensorFlow-importing modules, which the controller avoids.
        loader = importlib.import_module("kubenas.spaces.user_code.hypermodel_file")
        return loader.load_hypermodel_file(space, input_shape=input_shape, num_classes=num_classes)
    options = _options(space)
    module, name = _ENTRIES[space.name or DEFAULT_SPACE].hypermodel
    hypermodel = getattr(importlib.import_module(module), name)
    return hypermodel(input_shape=input_shape, num_classes=num_classes, options=options)


def space_graph(space: SpaceRef) -> MakeGraph | None:
    """What tells of networks without building them, once the data's sizes are known.

    None: only a built model could tell, as of a user's HyperModel.

    Raises:
        UserError: see :func:`check_space`.
    """
    name = space.name
    if name not in _ENTRIES:
        return None
    module, kind = _ENTRIES[name].graph
    return partial(getattr(importlib.import_module(module), kind), options=_options(space))


def _options(space: SpaceRef | SpaceConfig) -> Value:
    """The checked options of a registered space."""
    name = space.name or DEFAULT_SPACE
    if name not in _ENTRIES:
        raise UserError(f"space.name: there is no space '{name}'; {_instead(name, _ENTRIES)}")
    kind = _ENTRIES[name].options
    for option in space.options:
        if option not in kind.model_fields:
            raise UserError(
                f"space.options.{option}: space '{name}' has no such option;"
                f" {_instead(option, kind.model_fields)}"
            )
    try:
        return kind.model_validate(space.options)
    except ValidationError as error:
        raise UserError(_explained(error)) from error


def _explained(error: ValidationError) -> str:
    details = error.errors()[0]
    option = ".".join(str(part) for part in details["loc"])
    message = details["msg"][0].lower() + details["msg"][1:]
    return f"space.options.{option}: {message}, got {details['input']!r}"


def _instead(name: str, allowed: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(allowed), n=1)
    return f"did you mean '{close[0]}'?" if close else f"there are: {_listed(allowed)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
