"""Adapter for Keras-Tuner's oracles: a replay of the journal restores them."""

import json

import keras_tuner
import pytest

from kubenas.config import Config
from kubenas.errors import UserError
from kubenas.search.journal.records import RECORD, Ended, Proposed
from kubenas.search.oracles import ORACLES, check_oracle
from kubenas.search.proposals import create_proposer
from kubenas.search.proposals.proposer import NoProposal
from kubenas.trial import DeclaredHyperparameters, Outcome

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")


def space() -> dict:
    hp = keras_tuner.HyperParameters()
    if hp.Choice("kind", ["dense", "conv"]) == "conv":
        raise AssertionError("the default comes first")
    hp.Int("units", 8, 512, sampling="log", parent_name="kind", parent_values=["dense"])
    hp.Int("filters", 8, 64, parent_name="kind", parent_values=["conv"])
    hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Fixed("classes", 10)
    return json.loads(json.dumps(hp.get_config()))


def line_space() -> dict:
    hp = keras_tuner.HyperParameters()
    hp.Float("rate", 0.0, 1.0)
    return hp.get_config()


def tiny_space() -> dict:
    hp = keras_tuner.HyperParameters()
    hp.Boolean("wide")
    return hp.get_config()


def proposer_for(oracle: str, *, seed: int = 1, content: dict | None = None, trials: int = 40):
    config = Config.model_validate(
        {
            "name": "s",
            "output": "/nowhere",
            "data": {"source": "digits"},
            "search": {"oracle": oracle, "seed": seed, "max_trials": trials},
            "training": {"epochs": 9},
        }
    )
    return create_proposer(config, space=content or space())


class Journalled:
    """Drives a proposer and keeps its journal."""

    def __init__(self, proposer, declare=lambda _: DeclaredHyperparameters()):
        self.proposer = proposer
        self.declare = declare
        self.records = []
        self.open: list[Proposed] = []

    def propose(self) -> Proposed | NoProposal:
        proposal = self.proposer.propose()
        if isinstance(proposal, NoProposal):
            return proposal
        record = Proposed(
            at=0.0,
            trial=sum(isinstance(record, Proposed) for record in self.records),
            values=proposal.values,
            oracle_trial=proposal.oracle_trial,
            oracle_state=proposal.state,
        )
        self._keep(record)
        self.open.append(record)
        return record

    def end(self, outcome: Outcome = Outcome.COMPLETED) -> None:
        """Ends the oldest open trial with its learning rate as the score."""
        trial = self.open.pop(0)
        completed = outcome == Outcome.COMPLETED
        score = trial.values["rate"] * 10 if completed else None
        end = Ended(
            at=0.0,
            trial=trial.trial,
            outcome=outcome,
            score=score,
            epochs=3,
            declared=self.declare(trial.values),
        )
        self._keep(end)
        self.proposer.report(trial.oracle_trial, end)

    def _keep(self, record) -> None:
        self.records.append(RECORD.validate_json(RECORD.dump_json(record)))


def step(journalled: Journalled, number: int) -> None:
    """Keeps three trials in flight; every fifth is infeasible or failed, in turn."""
    journalled.propose()
    if len(journalled.open) > 2:
        bad = (Outcome.INFEASIBLE, Outcome.FAILED)[number % 2]
        journalled.end(bad if number % 5 == 0 else Outcome.COMPLETED)


@pytest.mark.parametrize(
    ("oracle", "steps"),
    [
        ("random", 20),
        ("hyperband", 40),
        ("keras_tuner.bayesian", 10),
        ("auto", 30),
        ("evolution", 20),
        ("local_search", 20),
        ("predictor", 24),
        ("generator", 24),
        ("reinforce", 20),
    ],
)
def test_a_replayed_oracle_continues_with_the_same_proposals(oracle, steps):
    own = Journalled(proposer_for(oracle))
    for number in range(steps):
        step(own, number)
    again = proposer_for(oracle)
    again.replay(own.records)
    restarted = Journalled(again)
    restarted.records, restarted.open = list(own.records), list(own.open)
    for number in range(steps, steps + 4):
        step(restarted, number)
        step(own, number)
    assert restarted.records == own.records
    ids = [record.oracle_trial for record in restarted.records if isinstance(record, Proposed)]
    assert len(ids) == len(set(ids))


def loop_over_layers(values) -> DeclaredHyperparameters:
    """Declares the hyperparameters of ``for k in range(...): hp.Int(f"layer_{k}", 1, 4)``."""
    asked = ["layer_0", *(["layer_1"] if values["kind"] == "conv" else [])]
    hp = keras_tuner.HyperParameters()
    got = {name: hp.Int(name, 1, 4) for name in asked if name not in values}
    new = tuple(json.loads(json.dumps(hp.get_config()["space"])))
    return DeclaredHyperparameters(new=new, values=got)


@pytest.mark.parametrize("oracle", [info.name for info in ORACLES])
def test_declared_hyperparameters_are_searched_and_replayed(oracle):
    own = Journalled(proposer_for(oracle), loop_over_layers)
    for number in range(24):
        step(own, number)
    again = proposer_for(oracle)
    again.replay(own.records)
    restarted = Journalled(again, loop_over_layers)
    restarted.records, restarted.open = list(own.records), list(own.open)
    for number in range(24, 30):
        step(restarted, number)
        step(own, number)
    assert restarted.records == own.records
    proposed = [record.values for record in own.records if isinstance(record, Proposed)]
    assert "layer_0" not in proposed[0]
    assert all("layer_0" in values for values in proposed[8:]) or oracle == "hyperband"
    assert len({values["layer_0"] for values in proposed if "layer_0" in values}) > 1


def test_a_replayed_gaussian_process_proposes_the_same_when_nothing_is_in_flight():
    own = Journalled(proposer_for("bayesian", content=line_space()))
    for _ in range(4):  # three at random, one by the process
        own.propose()
        own.end()
    again = proposer_for("bayesian", content=line_space())
    again.replay(own.records)
    assert again.propose().values == pytest.approx(own.propose().values)


def test_bayesian_begins_with_the_active_defaults():
    first, second = (
        proposer_for("keras_tuner.bayesian", seed=seed).propose().values for seed in (1, 2)
    )
    assert first == second == {"kind": "dense", "units": 8, "rate": 1e-4, "classes": 10}


def test_hyperband_trains_the_best_trials_further():
    own = Journalled(proposer_for("hyperband"))
    for number in range(60):
        step(own, number)
    proposed = [record for record in own.records if isinstance(record, Proposed)]
    by_id = {record.oracle_trial: record.values for record in proposed}
    promoted = [record.values for record in proposed if record.values["tuner/initial_epoch"] > 0]
    assert promoted
    for values in promoted:
        parent = by_id[values["tuner/trial_id"]]
        assert parent["rate"] == values["rate"]
        assert values["tuner/epochs"] > values["tuner/initial_epoch"] == parent["tuner/epochs"]


@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_the_recorded_oracle_state_does_not_grow_with_the_trials(oracle):
    own = Journalled(proposer_for(oracle, trials=400))
    sizes = []
    for _ in range(150):
        own.propose()
        if len(own.open) > 2:
            own.end()  # Keras-Tuner keeps the brackets of failed trials for ever
        states = [record.oracle_state for record in own.records if isinstance(record, Proposed)]
        sizes.append(len(json.dumps(states[-1])))
    assert max(sizes) < 2500
    assert max(sizes[100:]) < max(sizes[:50]) + 200


@pytest.mark.parametrize("oracle", [info.name for info in ORACLES])
def test_an_exhausted_space_is_reported(oracle):
    proposer = proposer_for(oracle, content=tiny_space())
    values = []
    for trial in range(40):
        proposal = proposer.propose()
        if proposal is NoProposal.EXHAUSTED:
            break
        values.append(proposal.values["wide"])
        end = Ended(at=0.0, trial=trial, outcome=Outcome.COMPLETED, score=0.5, epochs=1)
        proposer.report(proposal.oracle_trial, end)
    assert proposal is NoProposal.EXHAUSTED
    assert set(values) == {True, False}


def test_hyperband_waits_for_trials_in_flight_of_an_exhausted_space():
    proposer = proposer_for("hyperband", content=tiny_space())
    waits = [proposer.propose() for _ in range(4)]
    assert waits[-1] is NoProposal.WAIT


def test_neighbouring_seeds_share_no_trials():
    rates = [
        {proposer.propose().values["rate"] for _ in range(20)}
        for proposer in (proposer_for("random", seed=seed) for seed in (0, 1, 2))
    ]
    assert len(set.union(*rates)) == 60
    again = proposer_for("random", seed=0)
    assert {again.propose().values["rate"] for _ in range(20)} == rates[0]


def test_inactive_values_are_not_proposed():
    proposer = proposer_for("random")
    for _ in range(20):
        values = proposer.propose().values
        assert ("units" in values) == (values["kind"] == "dense")
        assert ("filters" in values) == (values["kind"] == "conv")


def test_an_unknown_oracle_is_rejected_with_a_suggestion():
    with pytest.raises(UserError, match="did you mean 'bayesian'"):
        check_oracle("bayesain")
    with pytest.raises(UserError, match="choose one of auto, bayesian"):
        check_oracle("zzz")
