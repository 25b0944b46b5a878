"""The registry of spaces, and checks that need neither TensorFlow nor the user's code."""

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import ValidationError

from kubenas.config import SpaceConfig, missing_weights
from kubenas.errors import UserError
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import (
    CellOptions,
    LayersOptions,
    MobileOptions,
    ResidualOptions,
    TransferOptions,
)
from kubenas.spaces.transfer.pixels import PixelMoments
from kubenas.spaces.transfer.weights import open_backbone
from kubenas.spaces.user_code.hypermodel_source import check_hypermodel_source
from kubenas.trial import SpaceRef, Value

if TYPE_CHECKING:
    import keras_tuner

DEFAULT_SPACE = "residual"


class GraphFactory(Protocol):
    """Creates the function that maps values to graphs."""

    def __call__(
        self, *, input_shape: tuple[int, int, int], num_classes: int
    ) -> Callable[[Mapping[str, Any]], Graph]:
        """Creates it for images of ``input_shape``, (height, width, channels)."""
        ...


@dataclass(frozen=True)
class SpaceInfo:
    """Name, summary and options of a registered space."""

    name: str
    summary: str
    options: Mapping[str, str]
    """Help text of each option, one line."""
    augments: bool
    """Whether it searches the augmentation, whose default depends on the data."""


@dataclass(frozen=True)
class _Entry:
    """Modules and classes of a space. They are imported on demand, since they load TensorFlow."""

    summary: str
    options: type[Value]
    hypermodel: tuple[str, str]
    graph: tuple[str, str]
    """Imports neither TensorFlow nor Keras."""
    augments: bool = True
    """Whether it searches the augmentation, whose default depends on the data."""
    pretrained: bool = False
    """Whether its networks have the weights of a file, ``SpaceRef.weights``."""


_ENTRIES = {
    "layers": _Entry(
        summary="A sequence of convolutions and poolings, then dense layers. Trains on a CPU.",
        options=LayersOptions,
        hypermodel=("kubenas.spaces.layers.hypermodel", "LayersHyperModel"),
        graph=("kubenas.spaces.layers.graph", "LayersGraph"),
        augments=False,
    ),
    "residual": _Entry(
        summary="Stages of residual blocks; for images of up to 96 pixels.",
        options=ResidualOptions,
        hypermodel=("kubenas.spaces.residual.hypermodel", "ResidualHyperModel"),
        graph=("kubenas.spaces.residual.graph", "ResidualGraph"),
    ),
    "mobile": _Entry(
        summary="Stages of inverted bottlenecks (MobileNetV4); for images of 96 pixels and more.",
        options=MobileOptions,
        hypermodel=("kubenas.spaces.mobile.hypermodel", "MobileHyperModel"),
        graph=("kubenas.spaces.mobile.graph", "MobileGraph"),
    ),
    "cell": _Entry(
        summary="Stages of repeated cells, as in NAS-Bench-201 or DARTS; for colour images.",
        options=CellOptions,
        hypermodel=("kubenas.spaces.cell.hypermodel", "CellHyperModel"),
        graph=("kubenas.spaces.cell.graph", "CellGraph"),
    ),
    "transfer": _Entry(
        summary="A pretrained network with a new head: stages to train, image size, head.",
        options=TransferOptions,
        hypermodel=("kubenas.spaces.transfer.hypermodel", "TransferHyperModel"),
        graph=("kubenas.spaces.transfer.graph", "TransferGraph"),
        pretrained=True,
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
        entry.augments,
    )
    for name, entry in _ENTRIES.items()
)


def check_space(space: SpaceRef | SpaceConfig) -> None:
    """Checks a space without TensorFlow and without running the user's code.

    Raises:
        UserError: the space or an option is unknown, a value is not allowed, the file with the
            weights is missing or cannot be used, or the HyperModel file is missing, is not valid
            Python or does not define the class.
    """
    if space.hypermodel is None:
        options = _options(space)
        if isinstance(options, TransferOptions):
            open_backbone(_weights(space), options)
        return
    if space.options:
        raise UserError(
            f"space.options: {_join(space.options)} cannot be given to a hypermodel of your own;"
            " set the values in its file"
        )
    check_hypermodel_source(space.hypermodel)


def load_hypermodel(
    space: SpaceRef,
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    mirror_symmetric: bool = False,
    pixel_moments: PixelMoments | None = None,
) -> "keras_tuner.HyperModel":
    """Loads the HyperModel of ``space``. Runs user code: for trial processes only.

    Args:
        space: the space.
        input_shape: height, width and channels of an image.
        num_classes: number of classes.
        mirror_symmetric: whether mirrored images keep their class.
        pixel_moments: mean and deviation of the pixels before their normalisation, if they are 0 to
            255.

    Raises:
        UserError: see :func:`check_space`; or importing the user's file fails.
    """
    if space.hypermodel is not None:
        # Imported on demand: it loads TensorFlow, which the controller does not need.
        loader = importlib.import_module("kubenas.spaces.user_code.hypermodel_file")
        return loader.load_hypermodel_file(space, input_shape=input_shape, num_classes=num_classes)
    options = _options(space)
    entry = _ENTRIES[space.name or DEFAULT_SPACE]
    module, name = entry.hypermodel
    create = partial(
        getattr(importlib.import_module(module), name),
        input_shape=input_shape,
        num_classes=num_classes,
        options=options,
    )
    if entry.augments:
        create = partial(create, mirror_symmetric=mirror_symmetric)
    if entry.pretrained:
        create = partial(create, weights=_weights(space), pixel_moments=pixel_moments)
    return create()


def space_graph(space: SpaceRef | SpaceConfig) -> GraphFactory | None:
    """Returns the graph factory of ``space``, or None if it has none, such as a user's HyperModel.

    Raises:
        UserError: see :func:`check_space`.
    """
    name = space.name
    if name not in _ENTRIES:
        return None
    entry = _ENTRIES[name]
    module, kind = entry.graph
    create = partial(getattr(importlib.import_module(module), kind), options=_options(space))
    return partial(create, weights=_weights(space)) if entry.pretrained else create


def _weights(space: SpaceRef | SpaceConfig) -> str:
    """Returns the URI of the pretrained network of ``space``."""
    if not space.weights:
        raise UserError(f"space.{missing_weights(space.name)}")
    return space.weights


def _options(space: SpaceRef | SpaceConfig) -> Value:
    """Returns the validated options of a registered space."""
    name = space.name or DEFAULT_SPACE
    if name not in _ENTRIES:
        raise UserError(f"space.name: there is no space '{name}'; {_suggest(name, _ENTRIES)}")
    kind = _ENTRIES[name].options
    for option in space.options:
        if option not in kind.model_fields:
            raise UserError(
                f"space.options.{option}: space '{name}' has no such option;"
                f" {_suggest(option, kind.model_fields)}"
            )
    try:
        return kind.model_validate(space.options)
    except ValidationError as error:
        raise UserError(_describe_error(error)) from error


def _describe_error(error: ValidationError) -> str:
    details = error.errors()[0]
    option = ".".join(str(part) for part in details["loc"])
    message = details["msg"][0].lower() + details["msg"][1:]
    return f"space.options.{option}: {message}, got {details['input']!r}"


def _suggest(name: str, allowed: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(allowed), n=1)
    return f"did you mean '{close[0]}'?" if close else f"there are: {_join(allowed)}"


def _join(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
