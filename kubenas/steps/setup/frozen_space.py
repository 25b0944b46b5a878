"""The search space with a frozen copy of the user's code or weights, the same for all trials."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.spaces.registry import DEFAULT_SPACE, check_space
from kubenas.spaces.transfer.weights import open_weights
from kubenas.spaces.user_code.hypermodel_source import split_reference
from kubenas.spaces.user_code.requirements import read_requirements
from kubenas.spaces.user_code.selection import select_files
from kubenas.spaces.user_code.user_folder import UserFolder, open_user_folder
from kubenas.storage import Storage, join, split
from kubenas.trial import SpaceRef


@dataclass(frozen=True)
class FrozenSpace:
    """A space and the contents of the user's files at the time of the snapshot."""

    space: SpaceRef
    """Reference to the space; a hypermodel or weights by the URI of the copy in the output."""
    folder: str = ""
    """Folder of the files in the output: ``code/<digest>`` or ``weights/<digest>``; empty: none."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Contents by name within ``folder``."""

    def write(self, output: Storage) -> None:
        """Writes the files that ``output`` does not contain yet."""
        present = {info.name for info in output.list(f"{self.folder}/")} if self.files else set()
        for name, content in self.files.items():
            if (placed := f"{self.folder}/{name}") not in present:
                output.write(placed, content)


def freeze_space(config: Config) -> FrozenSpace:
    """Reads the space of ``config``. Freezing a frozen space returns the same result.

    Raises:
        UserError: The space, an option, a file or the class does not exist, a file is not valid
            Python or not a pretrained network, or there are too many or too large files.
    """
    settings = config.space
    if settings.hypermodel is None:
        space = SpaceRef(
            name=settings.name or DEFAULT_SPACE, options=settings.options, weights=settings.weights
        )
        return freeze_registered(space, config.output)
    check_space(settings)
    uri, name = split_reference(settings.hypermodel)
    folder, file = split(uri)
    files = _files(config, open_user_folder(folder, output=config.output), file)
    place = f"code/{_digest(files)}"
    reference = f"{join(config.output, place, file)}:{name}"
    space = SpaceRef(hypermodel=reference, requirements=settings.requirements)
    return FrozenSpace(space, place, files)


def freeze_registered(space: SpaceRef, output: str) -> FrozenSpace:
    """Reads the pretrained network of a registered ``space``, if it has one.

    Args:
        space: the space.
        output: URI of the output, which gets the copy.

    Raises:
        UserError: The space or an option does not exist, or its file is not a pretrained network.
    """
    check_space(space)
    if space.weights is None:
        return FrozenSpace(space)
    _, name = split(space.weights)
    files = {name: open_weights(space.weights).read_bytes()}
    place = f"weights/{_digest(files)}"
    copy = join(output, place, name)
    return FrozenSpace(space.model_copy(update={"weights": copy}), place, files)


def _files(config: Config, folder: UserFolder, file: str) -> dict[str, bytes]:
    requirements = config.space.requirements
    named = [file, requirements] if requirements else [file]
    if requirements:
        if not folder.has(requirements):
            raise UserError(
                f"space.requirements: {requirements}: not found in the folder of {file}"
            )
        if folder.hidden_or_outside(requirements):
            raise UserError(
                f"space.requirements: {requirements} is hidden or links to a file outside of the"
                " folder; put a copy into the folder"
            )
        read_requirements(folder.read(requirements), requirements)
    return select_files(folder, named, globs=config.space.files)


def _digest(files: Mapping[str, bytes]) -> str:
    """Returns the first 12 hex digits of a SHA-256 over names and contents."""
    whole = hashlib.sha256()
    for name, content in files.items():
        whole.update(f"{name}\n{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()[:12]
