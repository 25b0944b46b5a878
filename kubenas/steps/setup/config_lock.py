"""One output holds one config: what was asked for first is kept, anything else is refused."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from kubenas.config import Config
from kubenas.errors import ObjectExists, UserError
from kubenas.storage import Storage
from kubenas.storage.document import find_document

CLAIM_FILE = "config.json"
"""In the root of an output."""


def check_claim(config: Config, output: Storage) -> bool:
    """Whether ``output`` holds this very config already; False if it holds none.

    Raises:
        UserError: it belongs to another config; the message says where they differ.
    """
    earlier = _claimed(output)
    if earlier is None:
        return False
    if earlier.identity() != config.identity():
        differences = "; ".join(_differences(earlier, config))
        raise UserError(
            f"output {output.uri} belongs to another config ({differences}); give another 'output'"
        )
    return True


def read_claim(output: Storage) -> Config:
    """The config that ``output`` belongs to.

    Raises:
        UserError: it belongs to none, or to one of a version that cannot be read.
        StorageError: the bucket is missing, or what is in it may not be read.
    """
    config = _claimed(output)
    if config is None:
        next(iter(output.list(CLAIM_FILE)), None)  # fails where the very bucket is missing
        raise UserError(
            f"{output.uri}: no run of kubenas is here; give the 'output' of a search.yaml"
        )
    return config


def claim(config: Config, output: Storage) -> None:
    """Makes ``output`` belong to ``config``. What is no part of its identity is as asked last.

    Raises:
        UserError: it belongs to another.
    """
    with suppress(ObjectExists):
        output.create(CLAIM_FILE, config.to_json())
    check_claim(config, output)
    if read_claim(output) != config:
        output.write(CLAIM_FILE, config.to_json())


def _claimed(output: Storage) -> Config | None:
    return find_document(
        output, CLAIM_FILE, Config, what="a config", remedy="give another 'output'"
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
