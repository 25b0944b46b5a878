"""The config's space as trial processes get it: a user's file is frozen, so that every trial of a
search runs the same code."""

import hashlib
from dataclasses import dataclass

from kubenas.config import SpaceConfig
from kubenas.spaces.hypermodel_source import read_source, split_reference
from kubenas.spaces.registry import check_space
from kubenas.storage import Storage, join, split
from kubenas.trial import SpaceRef

_DEFAULT_SPACE = "layers"


def space_of(config: SpaceConfig) -> SpaceRef:
    """``config`` as a reference, the user's file where it lies.

    Raises:
        UserError: there is no such space, option, file or class, or the file is not Python.
    """
    if config.hypermodel is None:
        space = SpaceRef(name=config.name or _DEFAULT_SPACE, options=config.options)
    else:
        file, _ = split_reference(config.hypermodel)
        # Of what lies beside a file in a store, only the file itself is fetched.
        folder = None if "://" in file else split(file)[0]
        space = SpaceRef(hypermodel=config.hypermodel, import_path=folder)
    check_space(space)
    return space


def freeze_space(space: SpaceRef, output: Storage) -> SpaceRef:
    """``space`` with the user's file copied to ``output``, under a digest of its content."""
    if space.hypermodel is None:
        return space
    frozen = frozen_hypermodel(space.hypermodel, output.uri)
    output.write(frozen.name, frozen.source)
    return space.model_copy(update={"hypermodel": frozen.reference})


@dataclass(frozen=True)
class FrozenHyperModel:
    """A user's file as it is kept in an output. Frozen again, it is the same."""

    name: str
    """Of the object in the output."""
    source: bytes
    reference: str
    """``<URI of the object>:Class``."""


def frozen_hypermodel(reference: str, output: str) -> FrozenHyperModel:
    """The file of ``reference`` as it is kept in the output with the URI ``output``.

    Raises:
        UserError: there is no such file.
    """
    file, cls = split_reference(reference)
    source = read_source(file)
    name = f"code/{hashlib.sha256(source).hexdigest()[:12]}/{split(file)[1]}"
    return FrozenHyperModel(name, source, f"{join(output, name)}:{cls}")
