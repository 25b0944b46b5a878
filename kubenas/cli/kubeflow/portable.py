"""Checks that pods can reach all locations of a config, and uploads HyperModels and weights."""

from collections.abc import Iterator
from pathlib import Path

from kubenas.config import BUNDLED_SOURCES, LAST_SEARCH, Config
from kubenas.errors import UserError
from kubenas.search.oracles import check_oracle
from kubenas.steps.setup import freeze_backbone, freeze_space
from kubenas.storage import open_storage


def check_portable(config: Config, origin: Path) -> None:
    """Checks that pods can run ``config``, which was read from ``origin``.

    Raises:
        UserError: a location does not exist, or is on this machine only.
    """
    check_oracle(config.search.oracle)
    freeze_space(config)
    freeze_backbone(config)
    for key, location in local_locations(config):
        raise UserError(
            f"{origin}: {key}: {location} is on this machine, and pods cannot reach it; copy it"
            " to a bucket and use gs://, s3:// or minio://"
        )


def local_locations(config: Config) -> Iterator[tuple[str, str]]:
    """Yields keys and values of local locations, in the order of the file."""
    named = [
        ("output", config.output),
        ("data.source", config.data.source),
        *(("search.warm_start", source) for source in config.search.warm_start),
    ]
    for key, location in named:
        if _is_local(location) and location not in (*BUNDLED_SOURCES, LAST_SEARCH):
            yield key, location


def as_shipped(config: Config) -> Config:
    """Returns ``config`` with a local HyperModel or weights replaced by the copies of :func:`ship`.

    The copies are in the output, which every pod of the run can read; trials may have no
    credentials for the pipeline root. Their folders are named by their digests and are those that
    the first step uses, so there is a single copy, kept with the results.
    """
    if _has_local_space(config):
        frozen = freeze_space(config).space
        copies = {"hypermodel": frozen.hypermodel, "weights": frozen.weights}
        config = config.model_copy(update={"space": config.space.model_copy(update=copies)})
    if _has_local_backbone(config) and (backbone := freeze_backbone(config)):
        copies = {"backbone": backbone.space.weights}
        evaluation = config.evaluation.model_copy(update=copies)
        config = config.model_copy(update={"evaluation": evaluation})
    return config


def ship(config: Config) -> None:
    """Copies a local HyperModel or weights, if ``config`` has any, to the output.

    Raises:
        StorageError: the output cannot be written.
    """
    if _has_local_space(config):
        freeze_space(config).write(open_storage(config.output))
    if _has_local_backbone(config) and (backbone := freeze_backbone(config)):
        backbone.write(open_storage(config.output))


def _is_local(location: str) -> bool:
    return "://" not in location or location.startswith("file://")


def _has_local_space(config: Config) -> bool:
    given = config.space.hypermodel or config.space.weights
    return given is not None and _is_local(given)


def _has_local_backbone(config: Config) -> bool:
    given = config.evaluation.backbone
    return given is not None and _is_local(given)
