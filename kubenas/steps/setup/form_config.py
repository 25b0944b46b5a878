"""What a run is asked for in Kubeflow's form -> its config."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from kubenas.config import Config, parse_yaml, resolve_paths
from kubenas.config.form import SETTINGS, from_form
from kubenas.errors import ObjectNotFound, UserError
from kubenas.storage import join, open_storage, split

_URI = re.compile(r"[a-z0-9]+://\S+")


def config_from_form(values: Mapping[str, Any]) -> Config:
    """The config that the form's ``values`` ask for.

    Relative paths are relative to the folder of the search.yaml whose URI is in ``settings``.

    Raises:
        UserError: something is not allowed, or that file cannot be read.
        StorageError: its bucket is missing, or it may not be read.
    """
    text = str(values.get(SETTINGS) or "").strip()
    if not _URI.fullmatch(text):
        return from_form(values, parse_yaml(text, origin=SETTINGS))
    folder, _ = split(text)
    config = from_form(values, parse_yaml(_read(text), origin=text))
    return resolve_paths(config, lambda location: _beside(folder, location))


def _read(uri: str) -> bytes:
    folder, name = split(uri)
    try:
        return open_storage(folder).read(name)
    except ObjectNotFound as error:
        raise UserError(
            f"settings: {uri}: there is no such object; give the URI of a search.yaml"
        ) from error


def _beside(folder: str, location: str) -> str:
    if PurePosixPath(location).is_absolute():
        return location
    return join(folder, location)
