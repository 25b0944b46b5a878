"""The frozen copy of ``evaluation.backbone``, described as a space of pretrained networks."""

from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.config import PRETRAINED_SPACE, Config
from kubenas.errors import UserError
from kubenas.steps.setup.frozen_space import FrozenSpace, freeze_registered
from kubenas.trial import SpaceRef

_KEYS = {
    "space.name": "evaluation.backbone",
    "space.weights": "evaluation.backbone",
    "space.options": "evaluation.backbone_options",
}


def freeze_backbone(config: Config) -> FrozenSpace | None:
    """Reads ``evaluation.backbone``; returns None if there is none.

    Raises:
        UserError: The file or an option does not exist, or the file is not a pretrained network.
    """
    space = backbone_space(config)
    if space is None:
        return None
    with keys_of_evaluation():
        return freeze_registered(space, config.output)


def backbone_space(config: Config) -> SpaceRef | None:
    """Returns the space of ``evaluation.backbone`` with the user's file; None if there is none."""
    settings = config.evaluation
    if settings.backbone is None:
        return None
    return SpaceRef(
        name=PRETRAINED_SPACE, options=settings.backbone_options, weights=settings.backbone
    )


@contextmanager
def keys_of_evaluation() -> Iterator[None]:
    """Names the keys of ``evaluation:`` in errors, in place of those of the space."""
    try:
        yield
    except UserError as error:
        text = str(error)
        for key, name in _KEYS.items():
            text = text.replace(key, name)
        raise UserError(text) from error
