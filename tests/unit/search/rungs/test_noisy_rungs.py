"""A search whose scores on lower rungs mislead about the best network."""

import itertools

import numpy as np
import pytest

from kubenas.config import Config
from kubenas.search.definition import define
from kubenas.search.journal.records import Ended
from kubenas.search.proposal_sources import add_proposal_sources
from kubenas.search.proposals import NoProposal, create_proposer
from kubenas.trial import Outcome, SpaceRef

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

EPOCHS = 9
DIMENSIONS, LEVELS = 4, 3
FULL_TRAININGS = 25
OPTIONS = [f"option {level}" for level in range(LEVELS)]
SPACE = {
    "space": [
        {
            "class_name": "Choice",
            "config": {
                "name": f"choice {place}",
                "default": OPTIONS[0],
                "conditions": [],
                "values": OPTIONS,
                "ordered": False,
            },
        }
        for place in range(DIMENSIONS)
    ],
    "values": {},
}
POINTS = list(itertools.product(range(LEVELS), repeat=DIMENSIONS))
BEST = POINTS[-1]
NOISE = dict(zip(POINTS, np.random.default_rng(0).normal(0.0, 1.0, (len(POINTS), 2)), strict=True))


def score(point: tuple[int, ...], epochs: int) -> float:
    """The best network has bad luck on every rung but the last."""
    true = float(sum(point) ** 2) / 8
    if epochs == EPOCHS:
        return true
    return true / 2 + (-1.5 if point == BEST else float(NOISE[point][int(epochs > 1)]))


def spend(oracle: str) -> dict[tuple[int, ...], float]:
    """Returns the final scores of the networks that a search trains for all epochs."""
    config = Config.model_validate(
        {
            "name": "s",
            "output": "o",
            "data": {"source": "digits"},
            "search": {
                "oracle": oracle,
                "max_trials": 200,
                "rungs": {"eta": 3, "min_epochs": 1},
            },
            "training": {"epochs": EPOCHS},
        }
    )
    told = define(config, dataset="nowhere", dataset_digest="d", space=SpaceRef(name="any"))
    proposer = add_proposal_sources(lambda: create_proposer(config, space=SPACE), told, SPACE)
    spent, trained, final = 0, {}, {}
    for trial in itertools.count():
        proposal = proposer.propose()
        if isinstance(proposal, NoProposal) or spent >= FULL_TRAININGS * EPOCHS:
            return final
        point = tuple(OPTIONS.index(proposal.values[f"choice {p}"]) for p in range(DIMENSIONS))
        spent += proposal.epochs - trained.get(point, 0)
        trained[point] = proposal.epochs
        found = score(point, proposal.epochs)
        if proposal.epochs == EPOCHS:
            final[point] = found
        proposer.report(
            str(trial),
            Ended(at=0.0, trial=trial, attempt=1, outcome=Outcome.COMPLETED, score=found),
        )
    raise AssertionError


def test_the_model_promotes_the_best_network_despite_its_bad_scores_on_lower_rungs():
    assert BEST in spend("auto")


def test_without_a_model_ranks_on_each_rung_decide():
    assert BEST not in spend("random")
