"""The config's space as trial processes get it: a user's file is frozen, so that every trial of a
search runs the same code."""

import hashlib
from pathlib import Path

from kubenas.config import SpaceConfig
from kubenas.spaces.registry import check_space
from kubenas.storage import Storage, join
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
        file, _, _ = config.hypermodel.rpartition(":")
        space = SpaceRef(hypermodel=config.hypermodel, import_path=str(Path(file).parent))
    check_space(space)
    return space


def freeze_space(space: SpaceRef, output: Storage) -> SpaceRef:
    """``space`` with the user's file copied to ``output``, under a digest of its content."""
    if space.hypermodel is None:
        return space
    file, _, cls = space.hypermodel.rpartition(":")
    source = Path(file).read_bytes()
    name = f"code/{hashlib.sha256(source).hexdigest()[:12]}/{Path(file).name}"
    output.write(name, source)
    return space.model_copy(update={"hypermodel": f"{join(output.uri, name)}:{cls}"})
