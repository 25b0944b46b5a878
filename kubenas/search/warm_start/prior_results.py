"""Prior results of a search: results of earlier searches and of tables, ranked per source.

Scores on other data are not comparable, so only the rank within a source counts: the merit of a
result is its normal score (van der Waerden). The results are saved when the search begins, because
the sources may change or disappear.
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
_PRIOR = "the prior results of a search"


class PriorResult(Value):
    """A result of an earlier search or of a table."""

    values: dict[str, Any]
    merit: float
    """Normal score of its rank within its source; larger is better."""


class Champion(Value):
    """The champion's network."""

    search: str
    """URI of the search that found it."""
    values: dict[str, Any]


FindChampion = Callable[[], Champion | None]
"""Returns the champion's network; None if there is no champion."""


def no_champion() -> None:
    """Finds no champion."""


class Prior(Value):
    """``prior.json``: the prior results of a search, saved when it begins."""

    version: Literal[1] = 1
    sources: tuple[str, ...] = ()
    """URIs of the sources; ``last`` is replaced by the URI of the search."""
    known: tuple[PriorResult, ...] = ()
    """Prior results, best first; equal ones in the order of the sources."""
    alone: bool = False
    """Whether to train only the champion's network again, without a search."""

    @property
    def digest(self) -> str:
        """Digest of the content."""
        return hashlib.sha256(self.to_json()).hexdigest()[:12]


def freeze_prior(
    config: SearchConfig,
    output: Storage,
    search: str,
    *,
    champion: FindChampion = no_champion,
) -> Prior | None:
    """Reads and saves the prior of a search when it begins; returns the saved one afterwards.

    Returns None if the config sets neither ``warm_start`` nor ``reuse``.

    Args:
        config: lists the sources: URIs of outputs, searches and .csv files, or ``last`` for the
            previous search. With ``reuse``, the champion's network is the only result.
        output: the root of the output.
        search: the search's id.
        champion: finds the champion's network.

    Raises:
        UserError: a source cannot be read or has no result.
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
    """Reads the saved prior of a search; None if there is none."""
    return find_document(output, prior_file(search), Prior, what=_PRIOR)


def _resolve_last(sources: Sequence[str], output: Storage, search: str) -> Sequence[str]:
    """Replaces ``last`` by the URI of the previous search; removes it if there is none."""
    if LAST_SEARCH not in sources:
        return sources
    last = find_earlier_search(output, search)
    if last is None:
        _logger.info(
            "search.warm_start: %s has no finished search yet; 'last' is ignored", output.uri
        )
        return [source for source in sources if source != LAST_SEARCH]
    uri = join(output.uri, search_folder(last.id))
    return [uri if source == LAST_SEARCH else source for source in sources]


def read_sources(sources: Sequence[str], direction: Literal["max", "min"]) -> Prior:
    """Reads and ranks the results of ``sources``.

    Args:
        sources: URIs of outputs, searches and .csv files.
        direction: direction of the scores in .csv files; searches record their own.

    Raises:
        UserError: a source cannot be read or has no result.
    """
    known = [each for source in sources for each in _known(source, direction)]
    known.sort(key=lambda each: -each.merit)
    return Prior(sources=tuple(sources), known=tuple(known))


def rank_results(results: Sequence[dict[str, Any]]) -> list[PriorResult]:
    """Returns ``results``, which are sorted best first, with their merits."""
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
        raise UserError(f"search.warm_start: {source} has no completed trial")
    return known


def _searches(source: str) -> list[tuple[Storage, str]]:
    """Returns the searches at ``source``, each with the root of its output."""
    folder, name = split(source)
    root, kind = split(folder)
    if kind == SEARCHES and open_storage(root).exists(definition_file(name)):
        return [(open_storage(root), name)]
    storage = open_storage(source)
    found = [(storage, name) for name in search_ids(storage)]
    if not found:
        raise UserError(
            f"search.warm_start: {source} is neither an output of kubenas, nor a search, nor a .csv"
        )
    return found


def _results(output: Storage, search: str) -> list[dict[str, Any]]:
    """Returns the values of a search's completed trials, best first."""
    try:
        definition = read_definition(output, search)
    except (ObjectNotFound, DocumentUnusable) as error:
        raise UserError(
            f"search.warm_start: {join(output.uri, search_folder(search))} cannot be read by this"
            " version of kubenas; use its leaderboard.csv instead"
        ) from error
    state = fold(Journal(output, search_folder(search)).read())
    return [trial.values for trial in state.ranked(definition.direction)]
