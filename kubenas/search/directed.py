"""The config's oracle, directed as the config says."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from kubenas.search.baseline_draws import BaselineDraws
from kubenas.search.definition import SearchDefinition
from kubenas.search.director import Director, Source
from kubenas.search.promotions import Promotions
from kubenas.search.proposer import Proposer
from kubenas.search.records import Telling
from kubenas.search.rung_view import tell_networks
from kubenas.search.rungs import rungs_of


def directed(
    create: Callable[[], Proposer], definition: SearchDefinition, space: Mapping[str, Any]
) -> Proposer:
    """What proposes the trials of a search: the oracle itself where nothing is to be directed.

    Args:
        create: makes the config's oracle, a fresh one each time.
        definition: of the search.
        space: keras_tuner.HyperParameters.get_config() of what may be built.
    """
    sources = [*_promotions(definition), *_baseline(definition, space)]
    if not sources:
        return create()
    rungs = rungs_of(definition.config)

    def tell(records: Sequence[Telling]) -> list[Telling]:
        return tell_networks(records, rungs, definition.direction) if rungs else list(records)

    return Director(create, tell=tell, sources=sources, epochs=min(rungs, default=None))


def _promotions(definition: SearchDefinition) -> list[Source]:
    rungs, eta = rungs_of(definition.config), definition.config.search.rungs.eta
    return [] if eta is None else [Promotions(rungs, eta=eta, direction=definition.direction)]


def _baseline(definition: SearchDefinition, space: Mapping[str, Any]) -> list[Source]:
    search = definition.config.search
    if not search.baseline_share:
        return []
    from kubenas.search.space_point import random_point, read_space  # noqa: PLC0415, slow

    draw = partial(random_point, read_space(space))
    epochs = max(rungs_of(definition.config), default=None)
    return [BaselineDraws(draw, share=search.baseline_share, seed=search.seed, epochs=epochs)]
