"""The config's oracle, directed as the config says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kubenas.errors import UserError
from kubenas.search.definition import SearchDefinition
from kubenas.search.journal import Telling
from kubenas.search.proposals import BaselineDraws, Director, Proposer, Revisable, Source
from kubenas.search.rungs import Promotions, rungs_of, tell_networks
from kubenas.search.space import Hyperparameter, grown
from kubenas.search.warm_start import Known, Prior, PriorTrials, tell_with_prior, trials_to_repeat


def directed(
    create: Callable[[], Revisable],
    definition: SearchDefinition,
    space: Mapping[str, Any],
    prior: Prior | None = None,
) -> Proposer:
    """What proposes the trials of a search: the oracle itself where nothing is to be directed.

    Args:
        create: makes the config's oracle, a fresh one each time.
        definition: of the search.
        space: keras_tuner.HyperParameters.get_config() of what may be built.
        prior: what is known from elsewhere.

    Raises:
        UserError: the one network that is to be trained again is none of ``space``.
    """
    known = _points(prior, space) if prior else []
    if prior and prior.alone and not known:
        raise UserError(
            "search.reuse: the champion's network is no point of this space any more; leave 'reuse'"
            " out to search"
        )
    sources = [
        *_repeated(definition, known),
        *_promotions(definition),
        *_baseline(definition, space),
    ]
    if not sources:
        return create()
    rungs, direction = rungs_of(definition.config), definition.direction
    several = len(definition.config.search.objectives) > 1  # a rank from elsewhere is of one only

    def tell(records: Sequence[Telling]) -> list[Telling]:
        told = tell_networks(records, rungs, direction) if rungs else list(records)
        return told if several else tell_with_prior(told, known, direction)

    return Director(create, tell=tell, sources=sources, epochs=min(rungs, default=None))


def _points(prior: Prior, space: Mapping[str, Any]) -> list[Known]:
    """What is known of points of ``space``, each once."""
    from kubenas.search.space.point import point_of, read_space  # noqa: PLC0415, slow

    own = read_space(space)
    points: list[Known] = []
    for each in prior.known:
        point = point_of(own, each.values)
        if point is not None and all(point != other.values for other in points):
            points.append(Known(values=point, merit=each.merit))
    return points


def _repeated(definition: SearchDefinition, known: Sequence[Known]) -> list[Source]:
    best = known[: trials_to_repeat(definition.config.search.max_trials)]
    epochs = min(rungs_of(definition.config), default=None)
    return [PriorTrials(best, epochs=epochs)] if best else []


def _promotions(definition: SearchDefinition) -> list[Source]:
    rungs, eta = rungs_of(definition.config), definition.config.search.rungs.eta
    return [] if eta is None else [Promotions(rungs, eta=eta, direction=definition.direction)]


def _baseline(definition: SearchDefinition, space: Mapping[str, Any]) -> list[Source]:
    search = definition.config.search
    if not search.baseline_share:
        return []
    from kubenas.search.space.point import random_point, read_space  # noqa: PLC0415, slow

    def draw(seed: int, declared: Sequence[Hyperparameter]) -> dict[str, Any]:
        return random_point(read_space(grown(space, declared)), seed)

    epochs = max(rungs_of(definition.config), default=None)
    return [BaselineDraws(draw, share=search.baseline_share, seed=search.seed, epochs=epochs)]
