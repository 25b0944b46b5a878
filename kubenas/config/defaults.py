"""Settings that follow from the data where the config leaves them open. Pure functions."""

from typing import Literal, TypeAlias

from kubenas.config.config import Config
from kubenas.config.space import PRETRAINED_SPACE, TEXT_SPACE

_LARGEST_RESIDUAL_SIDE = 96
"""Longest side in pixels of images for which ``residual`` is the default space."""
_RUNGS_ETA = 3
_MIN_TRIALS_WITH_RUNGS = 16
"""With fewer trials, hardly any is promoted to the highest rung."""
_FEWEST_EPOCHS, _MOST_EPOCHS = 12, 81
_REFERENCE_EPOCHS, _REFERENCE_EXAMPLES = 27, 10_000
_FINE_TUNING = 3
"""A network with pretrained weights has this part of the epochs of one with random weights."""

Kind: TypeAlias = Literal["image", "text"]
"""Kind of the examples of a data set."""


def with_defaults(
    config: Config, *, kind: Kind, shape: tuple[int, ...], train_examples: int
) -> Config:
    """Returns ``config`` with a space, epochs and rungs. Applying it twice changes nothing.

    A HyperModel of the user's own has the rungs that the config sets, and otherwise none.

    Args:
        config: the config as the user wrote it.
        kind: kind of the examples.
        shape: height, width and channels of an image, or the number of words of a text.
        train_examples: number of examples in the training split.
    """
    space = config.space
    if space.hypermodel is None and space.name is None:
        space = space.model_copy(update={"name": default_space(kind, shape)})
    rungs = config.search.rungs
    fewest = rungs.factor * rungs.min_epochs if rungs.factor else 1
    default = _default_epochs(train_examples)
    if space.name == PRETRAINED_SPACE:
        default = round(default / _FINE_TUNING)
    epochs = config.training.epochs or max(default, fewest)
    training = config.training.model_copy(update={"epochs": epochs})
    config = config.model_copy(update={"space": space, "training": training})
    if rungs.eta is None and _suits_rungs(config, epochs):
        rungs = rungs.model_copy(update={"eta": _RUNGS_ETA})
    search = config.search.model_copy(update={"rungs": rungs})
    return config.model_copy(update={"search": search})


def explain_defaults(
    written: Config, used: Config, *, kind: Kind, shape: tuple[int, ...], train_examples: int
) -> list[str]:
    """Returns one sentence for each setting of :func:`with_defaults` that the config left open.

    Args:
        written: the config as the user wrote it.
        used: the config with its defaults.
        kind: as for :func:`with_defaults`.
        shape: as for :func:`with_defaults`.
        train_examples: as for :func:`with_defaults`.
    """
    sentences = []
    if written.space.hypermodel is None and written.space.name is None:
        sentences.append(f"Search space {used.space.name}: {_explain_space(kind, shape)}")
    if not written.training.epochs:
        sentences.append(f"{used.epochs} epochs, with {train_examples:,} training examples.")
    if written.search.rungs.eta is None and used.search.rungs.factor is not None:
        eta = used.search.rungs.factor
        sentences.append(
            f"Rungs with eta {eta}: short trainings of many networks, and at least 1 in {eta} is"
            f" trained {eta} times as long."
        )
    if used.search.trial_limit is None and used.search.reuse is None:
        sentences.append("As many trials as the budget of the search allows.")
    return sentences


def default_space(kind: Kind, shape: tuple[int, ...]) -> str:
    """Returns the name of the default space for examples of ``kind`` and ``shape``."""
    if kind == "text":
        return TEXT_SPACE
    return "residual" if max(shape[:2]) <= _LARGEST_RESIDUAL_SIDE else "mobile"


def _explain_space(kind: Kind, shape: tuple[int, ...]) -> str:
    """Returns why the space is the default for ``kind`` and ``shape``."""
    if kind == "text":
        return "the default for texts."
    size = "up to" if max(shape[:2]) <= _LARGEST_RESIDUAL_SIDE else "of more than"
    return (
        f"the default for images {size} {_LARGEST_RESIDUAL_SIDE} pixels; these have"
        f" {shape[0]} x {shape[1]}."
    )


def _default_epochs(examples: int) -> int:
    """Returns more epochs for fewer examples, so that the number of steps varies less."""
    growth: float = (_REFERENCE_EXAMPLES / max(1, examples)) ** (1 / 3)
    epochs = round(_REFERENCE_EPOCHS * growth)
    return min(max(epochs, _FEWEST_EPOCHS), _MOST_EPOCHS)


def _suits_rungs(config: Config, epochs: int) -> bool:
    """Whether rungs save time: one objective, registered space, own oracle, enough to train."""
    search = config.search
    return (
        config.space.hypermodel is None
        and len(search.objectives) == 1
        and search.reuse is None
        and search.oracle != "hyperband"
        and "keras_tuner." not in search.oracle
        and (search.trial_limit is None or search.trial_limit >= _MIN_TRIALS_WITH_RUNGS)
        and epochs >= _RUNGS_ETA * search.rungs.min_epochs
    )
