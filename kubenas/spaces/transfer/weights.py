"""The file of a backbone at a URI, which every trial reads through the store. No Keras."""

from pathlib import Path

from kubenas.errors import ObjectNotFound, UserError
from kubenas.spaces.options import TransferOptions
from kubenas.spaces.transfer.backbone import Backbone, read_backbone
from kubenas.storage import open_storage, split

SUFFIX = ".keras"


def open_weights(uri: str) -> Path:
    """Returns a local path of the file at ``uri``; other stores are read once for each machine.

    Raises:
        UserError: there is no such file, or its name does not end with ``.keras``.
    """
    folder, name = split(uri)
    if not name.endswith(SUFFIX):
        raise UserError(
            f"space.weights: {uri} is not a {SUFFIX} file; save a model with"
            f" model.save('name{SUFFIX}'), or write one with 'kubenas backbone'"
        )
    try:
        path = open_storage(folder or "/").stage(name)
    except ObjectNotFound as error:
        raise UserError(f"space.weights: {uri}: there is no such file") from error
    if not path.is_file():
        raise UserError(f"space.weights: {uri} is a folder, not a file")
    return path


def open_backbone(uri: str, options: TransferOptions) -> Backbone:
    """Returns the backbone in the file at ``uri``.

    Raises:
        UserError: see :func:`open_weights` and
            :func:`kubenas.spaces.transfer.backbone.read_backbone`.
    """
    path = open_weights(uri)
    try:
        return read_backbone(path, output_layer=options.output_layer)
    except UserError as error:
        raise UserError(f"space.weights: {error}") from error


def identify_weights(uri: str) -> str:
    """Returns what identifies a frozen file: the digest of its content and its name."""
    return "/".join(uri.split("/")[-2:])
