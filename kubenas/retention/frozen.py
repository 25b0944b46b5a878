"""Frozen copies of users' code and of pretrained weights that are in use."""

import re

from kubenas.config import Config
from kubenas.steps.setup import FROZEN_FOLDERS
from kubenas.storage import Storage
from kubenas.storage.latest import latest_digest

_NAMED = re.compile(rf"(?:{'|'.join(FROZEN_FOLDERS)})/[0-9a-f]{{12}}(?=/)")


def pending_copies(output: Storage, config: Config) -> frozenset[str]:
    """Returns the folders, relative to the output, of copies that a waiting run may use.

    They are the latest ones and those that ``config``, the config of the last run, names.
    """
    latest = {folder: latest_digest(output, folder) for folder in FROZEN_FOLDERS}
    found = {f"{folder}/{digest}" for folder, digest in latest.items() if digest}
    return find_copies(config.to_json()).union(found)


def find_copies(document: bytes) -> frozenset[str]:
    """Finds the folders of frozen copies in a JSON document, at any location of the output."""
    return frozenset(match[0] for match in _NAMED.finditer(document.decode(errors="replace")))
