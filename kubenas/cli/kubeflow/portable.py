"""What of a config pods cannot reach, and how the files of a user's HyperModel get to where they
can."""

from collections.abc import Iterator
from pathlib import Path

from kubenas.config import BUNDLED_SOURCES, LAST_SEARCH, Config
from kubenas.errors import UserError
from kubenas.search.oracles import check_oracle
from kubenas.steps.setup import freeze_space
from kubenas.storage import open_storage


def check_portable(config: Config, origin: Path) -> None:
    """Checks that pods can run ``config``, which comes from ``origin``, once it is shipped.

    Raises:
        UserError: it names what does not exist, or what is on this machine only.
    """
    check_oracle(config.search.oracle)
    freeze_space(config)
    for key, location in local_locations(config):
        raise UserError(
            f"{origin}: {key}: {location} is on this machine, where pods cannot reach it; put it"
            " into a bucket and give gs://, s3:// or minio://"
        )


def local_locations(config: Config) -> Iterator[tuple[str, str]]:
    """Keys and values of what lies on this machine, in the file's order."""
    named = [
        ("output", config.output),
        ("data.source", config.data.source),
        *(("search.warm_start", source) for source in config.search.warm_start),
    ]
    for key, location in named:
        if _is_local(location) and location not in (*BUNDLED_SOURCES, LAST_SEARCH):
            yield key, location


def as_shipped(config: Config) -> Config:
    """``config`` as pods get it: a HyperModel of this machine where :func:`ship` puts it.

    That is the output, the one bucket that every pod of the run can read, in the very folder to
    which the first step freezes it: there is one copy, named by its digest, and it stays with the
    results that it led to. A pipeline root may lie where trials have no credentials for.
    """
    if not _is_local_file(config):
        return config
    frozen = freeze_space(config).space
    space = config.space.model_copy(update={"hypermodel": frozen.hypermodel})
    return config.model_copy(update={"space": space})


def ship(config: Config) -> None:
    """Copies the files of a HyperModel of this machine, if ``config`` has one, to the output.

    Raises:
        StorageError: the output cannot be written to.
    """
    if _is_local_file(config):
        freeze_space(config).write(open_storage(config.output))


def _is_local(location: str) -> bool:
    return "://" not in location or location.startswith("file://")


def _is_local_file(config: Config) -> bool:
    return config.space.hypermodel is not None and _is_local(config.space.hypermodel)
