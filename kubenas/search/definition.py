"""Definition of a search (``search.json``), written once when the search begins."""

import hashlib
from typing import Literal

from pydantic import Field

from kubenas.config import Config
from kubenas.search.layout import definition_file
from kubenas.search.objectives import objectives_of
from kubenas.storage import Storage
from kubenas.storage.document import read_document
from kubenas.training.process.software import software
from kubenas.trial import SearchId, SpaceRef, Value


class SearchDefinition(Value):
    """Everything that determines the result of a search."""

    version: Literal[1] = 1
    id: SearchId
    config: Config
    dataset: str = Field(description="URI of the prepared data set's folder")
    dataset_digest: str
    space: SpaceRef
    direction: Literal["max", "min"]
    prior: str | None = Field(None, description="digest of prior.json; None: no warm start")
    versions: dict[str, str] = Field(description="versions of kubenas and its main dependencies")
    attempts_recorded: bool = Field(
        False,
        description="whether the controller records every attempt of the steps; in a search"
        " started by an older version, attempts are found by their folders instead",
    )


def search_id(config: Config, dataset_digest: str, space: SpaceRef) -> str:
    """Returns the search's id: its name and a digest of config, data, space and generation.

    For a user's HyperModel or program, and for pretrained weights, the digest covers their content,
    because the name of the frozen copy contains a digest of the content.
    """
    frozen = space.hypermodel or space.program or space.weights or ""
    code = "/".join(frozen.split("/")[-2:])
    search = config.search
    text = f"{config.identity()}:{search.generation}:{dataset_digest}:{code}"
    if search.reuse is not None:
        text += f":{search.reuse}"
    return f"{config.name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def read_definition(output: Storage, search: str) -> SearchDefinition:
    """Reads the definition of ``search`` from ``output``.

    Raises:
        ObjectNotFound: ``output`` has no such search.
        DocumentUnusable: this version of kubenas cannot read it.
    """
    name = definition_file(search)
    return read_document(output, name, SearchDefinition, what="the definition of a search")


def define(
    config: Config,
    *,
    dataset: str,
    dataset_digest: str,
    space: SpaceRef,
    prior: str | None = None,
) -> SearchDefinition:
    """Creates the definition of a new search; ``prior`` is the digest of its ``prior.json``."""
    return SearchDefinition(
        id=search_id(config, dataset_digest, space),
        config=config,
        dataset=dataset,
        dataset_digest=dataset_digest,
        space=space,
        direction=objectives_of(config.search)[0].direction,
        prior=prior,
        versions=software(),
        attempts_recorded=True,
    )
