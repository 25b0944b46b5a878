"""What a search is: search.json, written once when it begins."""

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
    """All that decides what a search finds."""

    version: Literal[1] = 1
    id: SearchId
    config: Config
    dataset: str = Field(description="URI of the prepared data set's folder")
    dataset_digest: str
    space: SpaceRef
    direction: Literal["max", "min"]
    prior: str | None = Field(None, description="digest of prior.json; None: nothing was known")
    versions: dict[str, str] = Field(description="of kubenas and of what it builds on")
    attempts_recorded: bool = Field(
        False,
        description="whether all attempts of its steps have a record of the controller's; those of"
        " a search that an older version began are known by their own folders",
    )


def search_id(config: Config, dataset_digest: str, space: SpaceRef) -> str:
    """The search's name and a digest: equal for the same config, data, space and generation.

    Of a user's HyperModel or program the content counts, which is part of the name of its frozen
    copy.
    """
    code = "/".join((space.hypermodel or space.program or "").split("/")[-2:])
    search = config.search
    text = f"{config.identity()}:{search.generation}:{dataset_digest}:{code}"
    if search.reuse is not None:
        text += f":{search.reuse}"
    return f"{config.name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def read_definition(output: Storage, search: str) -> SearchDefinition:
    """The definition of the search ``search`` below ``output``.

    Raises:
        ObjectNotFound: there is no such search.
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
    """The definition of a search that begins now, with the digest of its prior."""
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
