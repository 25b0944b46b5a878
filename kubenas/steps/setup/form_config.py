"""Builds the config of a run from the parameters that were entered in Kubeflow."""

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
    """Builds the config from the ``values`` of the form.

    ``settings`` contains either YAML or the URI of a search.yaml. Relative paths in a search.yaml
    are relative to its folder.

    Raises:
        UserError: A value is not allowed, or the search.yaml does not exist.
        StorageError: The bucket of the search.yaml does not exist, or read access is denied.
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
            f"settings: {uri}: object not found; give the URI of a search.yaml"
        ) from error


def _beside(folder: str, location: str) -> str:
    if PurePosixPath(location).is_absolute():
        return location
    return join(folder, location)
