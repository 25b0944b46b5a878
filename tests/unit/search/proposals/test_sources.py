"""Proposal sources beside an oracle: observations, and restarts do not change proposals."""

from collections.abc import Callable, Mapping
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubenas.config import Config
from kubenas.search.definition import SearchDefinition, define
from kubenas.search.journal.records import Ended, Proposed, Record
from kubenas.search.proposal_sources import add_proposal_sources
from kubenas.search.proposals import create_proposer
from kubenas.search.proposals.proposer import NoProposal, Proposer, RevisableProposer
from kubenas.spaces.graph import Graph
from kubenas.trial import Outcome, SpaceRef

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

SPACE = {
    "space": [
        {
            "class_name": "Float",
            "config": {"name": name, "conditions": [], "min_value": 0.0, "max_value": 1.0},
        }
        for name in ("left", "right")
    ],
    "values": {},
}


def definition(**search: object) -> SearchDefinition:
    config = Config.model_validate(
        {
            "name": "s",
            "output": "o",
            "data": {"source": "digits"},
            "search": {"oracle": "random", "max_trials": 60, **search},
            "training": {"epochs": 9},
        }
    )
    return define(config, dataset="nowhere", dataset_digest="d", space=SpaceRef(name="any"))


def graph(values: Mapping[str, float]) -> Graph:
    """Returns a network whose size grows with the value ``left``."""
    size = 1 + 10 * values.get("left", 0.0)
    return Graph.chain([str(sorted(values.items()))], flops=size**2, activations=size)


def fresh(told: SearchDefinition) -> Proposer:
    create = partial(create_proposer, told.config, space=SPACE, graph=graph)
    return add_proposal_sources(create, told, SPACE)


class Play:
    """A search without training; the test decides which trial ends next."""

    def __init__(self, make: Callable[[], Proposer]) -> None:
        self._make = make
        self.proposer = make()
        self.records: list[Record] = []
        self.running: list[Proposed] = []

    def propose(self) -> Proposed | None:
        proposal = self.proposer.propose()
        if isinstance(proposal, NoProposal):
            return None
        number = sum(isinstance(record, Proposed) for record in self.records)
        record = Proposed(
            at=1.0,
            trial=number,
            values=proposal.values,
            oracle_trial=proposal.oracle_trial,
            oracle_state=proposal.state,
            epochs=proposal.epochs,
            parent=None if proposal.parent is None else int(proposal.parent),
            origin=proposal.origin,
        )
        self.records.append(record)
        self.running.append(record)
        return record

    def end(self, which: int) -> None:
        proposal = self.running.pop(which % len(self.running))
        values = proposal.values
        score = (proposal.epochs or 9) * (values["left"] - abs(values["right"] - 0.3))
        end = Ended(
            at=2.0,
            trial=proposal.trial,
            outcome=Outcome.COMPLETED,
            attempt=1 + proposal.trial % 2,
            epochs=proposal.epochs or 9,
            seconds=20.0 * self._trained_epochs(proposal),
            score=score,
            latency_ms=values["right"],
        )
        if values["left"] < 0.1:
            end = end.model_copy(update={"outcome": Outcome.INFEASIBLE, "score": None})
        self.report(proposal, end)

    def _trained_epochs(self, proposal: Proposed) -> int:
        """Returns the epochs that the trial trains beyond those of its parent."""
        proposed = {r.trial: r.epochs or 9 for r in self.records if isinstance(r, Proposed)}
        before = 0 if proposal.parent is None else proposed[proposal.parent]
        return proposed[proposal.trial] - before

    def report(self, proposal: Proposed, end: Ended) -> None:
        self.records.append(end)
        self.proposer.report(proposal.oracle_trial, end)

    def restart(self) -> None:
        self.proposer = self._make()
        self.proposer.replay(self.records)


LEARNING = ("auto", "predictor", "generator", "reinforce", "evolution", "local_search")
OPTIONS = [
    {"rungs": {"eta": 2}},
    {"baseline_share": 0.3},
    {"rungs": {"eta": 3}, "baseline_share": 0.2},
    *({"rungs": {"eta": 2}, "oracle": oracle} for oracle in LEARNING),
    *({"rungs": {"eta": 3}, "oracle": o, "max_seconds": 3600} for o in LEARNING),
    {"rungs": {"eta": 1}, "oracle": "auto", "max_seconds": 3600},
    {"rungs": {"eta": 2}, "oracle": "auto", "objective": "val_accuracy, latency_ms"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@settings(max_examples=6)
@given(moves=st.lists(st.integers(0, 5), min_size=20, max_size=45))
def test_a_restart_does_not_change_the_proposals(options, moves):
    """Odd moves propose, even moves end a trial. One search is restarted before each proposal."""
    make = partial(fresh, definition(**options))
    steady, restless = Play(make), Play(make)
    for move in moves:
        if move % 2 and len(steady.running) < 4:
            restless.restart()
            assert steady.propose() == restless.propose()
        elif steady.running:
            steady.end(move)
            restless.end(move)
    assert steady.records == restless.records


def test_a_revisable_oracle_is_not_recreated_when_scores_change():
    told = definition(rungs={"eta": 3}, oracle="auto", max_trials=200)
    made = []

    def create() -> RevisableProposer:
        made.append(create_proposer(told.config, space=SPACE))
        return made[-1]

    play = Play(partial(add_proposal_sources, create, told, SPACE))
    for number in range(120):
        play.propose()
        if number >= 4:
            play.end(number * 7)
    assert len(made) == 1
    again = add_proposal_sources(create, told, SPACE)
    again.replay(play.records)
    assert again.propose() == play.proposer.propose()


def test_promotions_take_precedence_over_the_oracle():
    play = Play(partial(fresh, definition(rungs={"eta": 3, "min_epochs": 1})))
    for _ in range(40):
        play.propose()
        play.end(0)
    proposed = [record for record in play.records if isinstance(record, Proposed)]
    rung_of = {record.trial: record.epochs for record in proposed}
    scored = [rung_of[r.trial] for r in play.records if isinstance(r, Ended) and r.score]
    for below, above in ((1, 3), (3, 9)):
        promoted = sum(record.epochs == above for record in proposed)
        assert promoted in (scored.count(below) // 3, scored.count(below) // 3 - 1)
    ended = {r.trial for r in play.records if isinstance(r, Ended)}
    assert all(record.parent in ended for record in proposed if record.parent is not None)


def test_a_share_of_the_networks_is_random_and_trained_for_all_epochs():
    play = Play(partial(fresh, definition(rungs={"eta": 2}, baseline_share=0.25)))
    for _ in range(40):
        play.propose()
        play.end(0)
    networks = [r for r in play.records if isinstance(r, Proposed) and r.parent is None]
    drawn = [place for place, record in enumerate(networks) if record.origin == "baseline"]
    assert drawn == list(range(3, len(networks), 4))
    assert {networks[place].epochs for place in drawn} == {9}
    assert len({str(networks[place].values) for place in drawn}) == len(drawn)
