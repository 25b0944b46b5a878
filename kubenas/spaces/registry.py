"""The registry of spaces, and checks that need neither TensorFlow nor the user's code."""

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pydantic import ValidationError

from kubenas.config import SpaceConfig, missing_weights
from kubenas.errors import UserError
from kubenas.spaces.entries import ENTRIES, Kind
from kubenas.spaces.graph import Graph
from kubenas.spaces.options import TransferOptions
from kubenas.spaces.transfer.pixels import PixelMoments
from kubenas.spaces.transfer.weights import open_backbone
from kubenas.spaces.user_code.hypermodel_source import check_hypermodel_source
from kubenas.trial import SpaceRef, Value

if TYPE_CHECKING:
    import keras_tuner

DEFAULT_SPACE = "residual"

_GraphOf: TypeAlias = Callable[[Mapping[str, Any]], Graph]


class GraphFactory(Protocol):
    """Creates the function that maps values to graphs."""

    def __call__(
        self,
        *,
        input_shape: tuple[int, ...],
        num_classes: int,
        vocabulary_size: int | None = None,
    ) -> _GraphOf:
        """Creates it for one kind of examples.

        Args:
            input_shape: (height, width, channels) of an image, or (length,) of a text.
            num_classes: number of classes.
            vocabulary_size: number of different tokens of texts. Other spaces ignore it.
        """
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
    kind: Kind
    """Kind of the examples that it classifies."""


SPACES: tuple[SpaceInfo, ...] = tuple(
    SpaceInfo(
        name,
        entry.summary,
        {
            option: f"{field.description} Default: {field.default}."
            for option, field in entry.options.model_fields.items()
        },
        entry.augments,
        entry.kind,
    )
    for name, entry in ENTRIES.items()
)


def space_kind(name: str | None) -> Kind | None:
    """Returns the kind of examples that a registered space classifies, or None.

    Args:
        name: name of the space; None, or a name that is not registered: a user's HyperModel.
    """
    return ENTRIES[name].kind if name in ENTRIES else None


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
    input_shape: tuple[int, ...],
    num_classes: int,
    mirror_symmetric: bool = False,
    pixel_moments: PixelMoments | None = None,
    vocabulary_size: int | None = None,
) -> "keras_tuner.HyperModel":
    """Loads the HyperModel of ``space``. Runs user code: for trial processes only.

    Args:
        space: the space.
        input_shape: (height, width, channels) of an image, or (length,) of a text.
        num_classes: number of classes.
        mirror_symmetric: whether mirrored images keep their class.
        pixel_moments: mean and deviation of the pixels before their normalisation, if they are 0 to
            255.
        vocabulary_size: number of different tokens of texts, with padding and the unknown word.

    Raises:
        UserError: see :func:`check_space`; importing the user's file fails; or a space for texts
            has no ``vocabulary_size``.
    """
    if space.hypermodel is not None:
        # Imported on demand: it loads TensorFlow, which the controller does not need.
        loader = importlib.import_module("kubenas.spaces.user_code.hypermodel_file")
        return loader.load_hypermodel_file(
            space,
            input_shape=input_shape,
            num_classes=num_classes,
            vocabulary_size=vocabulary_size,
        )
    options = _options(space)
    entry = ENTRIES[space.name or DEFAULT_SPACE]
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
    if entry.kind == "text":
        create = partial(create, vocabulary_size=_checked_vocabulary(space, vocabulary_size))
    return create()


def space_graph(space: SpaceRef | SpaceConfig) -> GraphFactory | None:
    """Returns the graph factory of ``space``, or None if it has none, such as a user's HyperModel.

    Raises:
        UserError: see :func:`check_space`.
    """
    name = space.name
    if name not in ENTRIES:
        return None
    entry = ENTRIES[name]
    module, kind = entry.graph
    create = partial(getattr(importlib.import_module(module), kind), options=_options(space))
    if entry.pretrained:
        create = partial(create, weights=_weights(space))
    return partial(_create_graph, create, space)


def _create_graph(
    create: Callable[..., _GraphOf],
    space: SpaceRef | SpaceConfig,
    *,
    input_shape: tuple[int, ...],
    num_classes: int,
    vocabulary_size: int | None = None,
) -> _GraphOf:
    if space_kind(space.name) == "text":
        create = partial(create, vocabulary_size=_checked_vocabulary(space, vocabulary_size))
    return create(input_shape=input_shape, num_classes=num_classes)


def _checked_vocabulary(space: SpaceRef | SpaceConfig, size: int | None) -> int:
    """Returns the number of different tokens, which a space for texts needs."""
    if size is None:
        raise UserError(f"space.name: '{space.name}' is for texts; the data are not texts")
    return size


def _weights(space: SpaceRef | SpaceConfig) -> str:
    """Returns the URI of the pretrained network of ``space``."""
    if not space.weights:
        raise UserError(f"space.{missing_weights(space.name)}")
    return space.weights


def _options(space: SpaceRef | SpaceConfig) -> Value:
    """Returns the validated options of a registered space."""
    name = space.name or DEFAULT_SPACE
    if name not in ENTRIES:
        raise UserError(f"space.name: there is no space '{name}'; {_suggest(name, ENTRIES)}")
    kind = ENTRIES[name].options
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
