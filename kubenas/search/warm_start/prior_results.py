"""What is known from elsewhere: earlier searches and tables of results, ranked source by source.

Their scores come from other data and other trainings, so only their order within a source counts:
a result's merit is its normal score (van der Waerden). What was read when the search began is kept
beside its journal, for the sources may change or go.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from statistics import NormalDist
from typing import Any, Literal

from kubenas.config import LAST_SEARCH, SearchConfig
from kubenas.errors import DocumentUnusable, ObjectExists, ObjectNotFound, UserError
from kubenas.search.definition import read_definition
from kubenas.search.journal import Journal, fold
from kubenas.search.layout import SEARCHES, definition_file, prior_file, search_folder
from kubenas.search.objectives import objectives_of
from kubenas.search.warm_start.earlier_search import find_earlier_search
from kubenas.search.warm_start.listing import search_ids
from kubenas.search.warm_start.results_table import read_table
from kubenas.storage import Storage, join, open_storage, split
from kubenas.storage.document import find_document, read_document
from kubenas.trial import Value

_logger = logging.getLogger(__name__)
_PRIOR = "what a search began with"


class PriorResult(Value):
    """One result from elsewhere."""

    values: dict[str, Any]
    merit: float
    """Its place in its source as a standard normal number; the larger the better."""


class Champion(Value):
    """The network of the model in production."""

    search: str
    """URI of the search that found it."""
    values: dict[str, Any]


FindChampion = Callable[[], Champion | None]
"""None: nothing is in production yet."""


def no_champion() -> None:
    """Where nothing is ever in production."""


class Prior(Value):
    """``prior.json``: everything that a search knew when it began."""

    version: Literal[1] = 1
    sources: tuple[str, ...] = ()
    """What was read; in place of ``last`` the search that this was."""
    known: tuple[PriorResult, ...] = ()
    """Best first; of equals those of the source that was named first."""
    alone: bool = False
    """Nothing is searched: the one known network, the champion's, is trained again."""

    @property
    def digest(self) -> str:
        """Of the content."""
        return hashlib.sha256(self.to_json()).hexdigest()[:12]


def freeze_prior(
    config: SearchConfig,
    output: Storage,
    search: str,
    *,
    champion: FindChampion = no_champion,
) -> Prior | None:
    """The prior of a search, settled once, when the search begins; None: none was asked for.

    Args:
        config: names sources: URIs of outputs, of searches and of .csv files; ``last`` is the
            search before this. Or it asks for the champion's network and nothing else.
        output: the root that the search is below.
        search: its id.
        champion: finds the network in production, if it is asked for.

    Raises:
        UserError: a source cannot be read or holds no result.
    """
    if not config.warm_start and config.reuse is None:
        return None
    name = prior_file(search)
    if not output.exists(name):
        with suppress(ObjectExists):
            output.create(name, _build_prior(config, output, search, champion).to_json())
    return read_document(output, name, Prior, what=_PRIOR)


def _build_prior(
    config: SearchConfig, output: Storage, search: str, champion: FindChampion
) -> Prior:
    reused = champion() if config.reuse is not None else None
    if reused is not None:
        known = PriorResult(values=reused.values, merit=0.0)
        return Prior(sources=(reused.search,), known=(known,), alone=True)
    sources = _resolve_last(config.warm_start, output, search)
    return read_sources(sources, objectives_of(config)[0].direction)


def read_prior(output: Storage, search: str) -> Prior | None:
    """What the search began with; None: nothing was asked for, or it has not begun."""
    return find_document(output, prior_file(search), Prior, what=_PRIOR)


def _resolve_last(sources: Sequence[str], output: Storage, search: str) -> Sequence[str]:
    """``sources`` with the search before ``search`` for ``last``; where there is none, without."""
    if LAST_SEARCH not in sources:
        return sources
    last = find_earlier_search(output, search)
    if last is None:
        _logger.info("there is no finished search in %s yet to begin from", output.uri)
        return [source for source in sources if source != LAST_SEARCH]
    uri = join(output.uri, search_folder(last.id))
    return [uri if source == LAST_SEARCH else source for source in sources]


def read_sources(sources: Sequence[str], direction: Literal["max", "min"]) -> Prior:
    """What ``sources`` hold now; ``direction`` is of the scores in tables, searches tell their own.

    Raises:
        UserError: a source cannot be read or holds no result.
    """
    known = [each for source in sources for each in _known(source, direction)]
    known.sort(key=lambda each: -each.merit)
    return Prior(sources=tuple(sources), known=tuple(known))


def rank_results(results: Sequence[dict[str, Any]]) -> list[PriorResult]:
    """``results``, best first, with their merits."""
    normal, count = NormalDist(), len(results)
    return [
        PriorResult(values=values, merit=normal.inv_cdf(1 - (place + 0.5) / count))
        for place, values in enumerate(results)
    ]


def _known(source: str, direction: Literal["max", "min"]) -> Iterable[PriorResult]:
    if source.lower().endswith(".csv"):
        found = [rank_results(read_table(source, direction))]
    else:
        found = [rank_results(_results(*search)) for search in _searches(source)]
    known = [each for results in found for each in results]
    if not known:
        raise UserError(f"search.warm_start: {source} holds no completed trial")
    return known


def _searches(source: str) -> list[tuple[Storage, str]]:
    """The searches at ``source``, each with the root that it is below."""
    folder, name = split(source)
    root, kind = split(folder)
    if kind == SEARCHES and open_storage(root).exists(definition_file(name)):
        return [(open_storage(root), name)]
    storage = open_storage(source)
    found = [(storage, name) for name in search_ids(storage)]
    if not found:
        raise UserError(
            f"search.warm_start: {source} is no output of kubenas, no search in one and no .csv"
        )
    return found


def _results(output: Storage, search: str) -> list[dict[str, Any]]:
    """Values of a search's completed networks, best first."""
    try:
        definition = read_definition(output, search)
    except (ObjectNotFound, DocumentUnusable) as error:
        raise UserError(
            f"search.warm_start: {join(output.uri, search_folder(search))} cannot be read by this"
            " version of kubenas; use its leaderboard.csv instead"
        ) from error
    state = fold(Journal(output, search_folder(search)).read())
    return [trial.values for trial in state.ranked(definition.direction)]
