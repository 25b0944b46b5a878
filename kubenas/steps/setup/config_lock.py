"""The config lock of an output: the first run stores its config, and other configs are refused."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from kubenas.config import Config
from kubenas.errors import ObjectExists, UserError
from kubenas.storage import Storage
from kubenas.storage.document import find_document

CONFIG_LOCK_FILE = "config.json"
"""Name of the lock in the root of an output."""


def check_config_lock(config: Config, output: Storage) -> bool:
    """Checks whether ``output`` is locked for ``config``; returns False if it has no lock.

    Raises:
        UserError: The output is locked for another config. The message lists the differences.
    """
    earlier = _find_config(output)
    if earlier is None:
        return False
    if earlier.identity() != config.identity():
        differences = "; ".join(_differences(earlier, config))
        raise UserError(
            f"output {output.uri} belongs to another config ({differences}); give another 'output'"
        )
    return True


def read_config_lock(output: Storage) -> Config:
    """Returns the config for which ``output`` is locked.

    Raises:
        UserError: The output has no config lock, or this version cannot read it.
        StorageError: The bucket does not exist, or read access is denied.
    """
    config = _find_config(output)
    if config is None:
        next(iter(output.list(CONFIG_LOCK_FILE)), None)  # raises if the bucket is missing
        raise UserError(
            f"{output.uri}: no run of kubenas found; give the 'output' of a search.yaml"
        )
    return config


def lock_config(config: Config, output: Storage) -> None:
    """Locks ``output`` for ``config``.

    Updates the values that are not part of the identity of the config in an existing lock.

    Raises:
        UserError: The output is locked for another config.
    """
    with suppress(ObjectExists):
        output.create(CONFIG_LOCK_FILE, config.to_json())
    check_config_lock(config, output)
    if read_config_lock(output) != config:
        output.write(CONFIG_LOCK_FILE, config.to_json())


def _find_config(output: Storage) -> Config | None:
    return find_document(
        output, CONFIG_LOCK_FILE, Config, what="a config", remedy="give another 'output'"
    )


def _differences(earlier: Config, config: Config) -> Iterator[str]:
    before, now = (_flat(each.identity_content()) for each in (earlier, config))
    for key in now:
        if before.get(key) != now[key]:
            yield f"{key} was {before.get(key)!r}, now {now[key]!r}"


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
