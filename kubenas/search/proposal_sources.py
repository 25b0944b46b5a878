"""Combines the config's oracle with rungs, a random baseline and a warm start."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kubenas.errors import UserError
from kubenas.search.definition import SearchDefinition
from kubenas.search.journal import OracleEvent
from kubenas.search.proposals import (
    MultiSourceProposer,
    ProposalSource,
    Proposer,
    RandomBaseline,
    RevisableProposer,
    SizeLimitedProposer,
)
from kubenas.search.rungs import MergedEnds, Promotions, merge_promotions, rung_levels
from kubenas.search.space import Hyperparameter, extend_space
from kubenas.search.warm_start import (
    Prior,
    PriorResult,
    PriorTrials,
    add_prior_results,
    prior_trial_count,
)


def add_proposal_sources(
    create: Callable[[], RevisableProposer],
    definition: SearchDefinition,
    space: Mapping[str, Any],
    prior: Prior | None = None,
) -> Proposer:
    """Returns the proposer of a search: the oracle, combined with the sources of the config.

    Args:
        create: creates a new instance of the config's oracle.
        definition: the search's definition.
        space: the search space, as keras_tuner.HyperParameters.get_config().
        prior: results of earlier searches and tables.

    Raises:
        UserError: ``search.reuse`` is set and the champion's network is not in ``space``.
    """
    known = _prior_points(prior, space) if prior else []
    if prior and prior.alone and not known:
        raise UserError(
            "search.reuse: the champion's network is not in this search space; remove 'reuse' from"
            " the config to search for a new network"
        )
    promotions = _promotions(definition)
    sources: list[ProposalSource] = [
        *_prior_trials(definition, known),
        *([promotions] if promotions else []),
        *_baseline(definition, space),
    ]
    if not sources:
        return SizeLimitedProposer(create())
    rungs, direction = rung_levels(definition.config), definition.direction
    merged: MergedEnds = {}
    several = len(definition.config.search.objectives) > 1  # prior results rank one objective

    def tell(records: Sequence[OracleEvent]) -> list[OracleEvent]:
        observations = list(records)
        if rungs:
            observations = merge_promotions(records, rungs, direction, known=merged)
        return observations if several else add_prior_results(observations, known, direction)

    return MultiSourceProposer(
        create,
        tell=tell,
        sources=sources,
        epochs=min(rungs, default=None),
        promote=promotions.promote if promotions else None,
    )


def _prior_points(prior: Prior, space: Mapping[str, Any]) -> list[PriorResult]:
    """Returns the prior results that are points of ``space``, without duplicates."""
    from kubenas.search.space.point import read_space, to_point  # noqa: PLC0415, slow

    own = read_space(space)
    points: list[PriorResult] = []
    for each in prior.known:
        point = to_point(own, each.values)
        if point is not None and all(point != other.values for other in points):
            points.append(PriorResult(values=point, merit=each.merit))
    return points


def _prior_trials(
    definition: SearchDefinition, known: Sequence[PriorResult]
) -> list[ProposalSource]:
    best = known[: prior_trial_count(definition.config.search.trial_limit)]
    epochs = min(rung_levels(definition.config), default=None)
    return [PriorTrials(best, epochs=epochs)] if best else []


def _promotions(definition: SearchDefinition) -> Promotions | None:
    rungs, eta = rung_levels(definition.config), definition.config.search.rungs.factor
    return None if eta is None else Promotions(rungs, eta=eta, direction=definition.direction)


def _baseline(definition: SearchDefinition, space: Mapping[str, Any]) -> list[ProposalSource]:
    search = definition.config.search
    if not search.baseline_share:
        return []
    from kubenas.search.space.point import random_point, read_space  # noqa: PLC0415, slow

    def draw(seed: int, declared: Sequence[Hyperparameter]) -> dict[str, Any]:
        return random_point(read_space(extend_space(space, declared)), seed)

    epochs = max(rung_levels(definition.config), default=None)
    return [RandomBaseline(draw, share=search.baseline_share, seed=search.seed, epochs=epochs)]
