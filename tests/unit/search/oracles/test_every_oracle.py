"""Guarantees of all our oracles, in random spaces and with random outcomes."""

import json
import math
import tempfile
from pathlib import Path

import keras_tuner
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubenas.search.oracles.catalog import ORACLES
from kubenas.search.oracles.create import create_oracle
from tests.unit.search.oracles.driving import ENDINGS, Drive
from tests.unit.search.oracles.spaces import COUNTABLE, everything, spaces, tail_graph, wrong

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

NAMES = tuple(info.name for info in ORACLES if not info.is_from_keras_tuner)
few = settings(
    max_examples=5,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
steps = st.lists(
    st.tuples(st.sampled_from(["ask", "ask", "tell"]), st.sampled_from(ENDINGS), st.integers(0, 9)),
    min_size=10,
    max_size=30,
)


def run(drive: Drive, plan: list[tuple[str, str, int]]) -> None:
    for what, ending, place in plan:
        if what == "ask":
            drive.ask()
        elif drive.open:
            drive.tell(ending if place % 3 == 0 else "scored", place)


def as_text(values: dict) -> str:
    return json.dumps(values, sort_keys=True)


@pytest.mark.parametrize("name", NAMES)
@few
@given(space=spaces(), plan=steps)
def test_proposals_are_valid_and_new(name, space, plan):
    drive = Drive(name, space)
    run(drive, plan)
    proposed = list(drive.values.values())
    assert [wrong(space, values) for values in proposed] == [""] * len(proposed)
    assert len({as_text(values) for values in proposed}) == len(proposed)
    assert proposed


@pytest.mark.parametrize("name", NAMES)
@few
@given(space=spaces(), plan=steps)
def test_with_graphs_no_network_is_proposed_twice(name, space, plan):
    drive = Drive(name, space, graph=tail_graph)
    run(drive, plan)
    keys = [tail_graph(values).key for values in drive.values.values()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", NAMES)
@few
@given(space=spaces(), plan=steps, graphs=st.booleans())
def test_the_same_seed_and_journal_give_the_same_proposals(name, space, plan, graphs):
    drive = Drive(name, space, graph=tail_graph if graphs else None)
    run(drive, plan)
    again = drive.replayed()
    for _ in range(3):
        assert again.ask() == drive.ask()
        if drive.open:
            drive.tell()
            again.tell()


@pytest.mark.parametrize("name", NAMES)
@few
@given(space=spaces(), plan=steps, more=steps)
def test_a_reload_at_any_moment_changes_nothing(name, space, plan, more):
    drive, other = Drive(name, space), Drive(name, space)
    run(drive, plan)
    run(other, plan)
    with tempfile.TemporaryDirectory() as folder:
        drive.reload(Path(folder))
        run(drive, more)
    run(other, more)
    assert drive.values == other.values


@pytest.mark.parametrize("name", NAMES)
@few
@given(space=spaces(kinds=COUNTABLE, most=4), flight=st.integers(1, 5), endings=st.data())
def test_a_small_space_is_exhausted_exactly(name, space, flight, endings):
    drive = Drive(name, space, max_trials=None)
    while drive.ask() is not None:
        if len(drive.open) == flight:
            drive.tell(endings.draw(st.sampled_from(ENDINGS)))
    every = [as_text(values) for values in everything(space)]
    assert sorted(map(as_text, drive.values.values())) == sorted(every)
    while drive.open:
        drive.tell()
    assert drive.ask() is None


@pytest.mark.parametrize("name", NAMES)
def test_it_stops_after_max_trials(name):
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    drive = Drive(name, hp, max_trials=7)
    run(drive, [("ask", "scored", 0)] * 9)
    assert len(drive.values) == 7


@pytest.mark.parametrize("name", NAMES)
def test_all_trials_may_fail(name):
    hp = keras_tuner.HyperParameters()
    hp.Choice("a", list("abcdefgh"))
    hp.Float("x", 0.0, 1.0)
    drive = Drive(name, hp, max_trials=40)
    for _ in range(40):
        assert drive.ask()
        drive.tell("failed")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("score", [0.0, math.inf, -math.inf, 1e300])
def test_extreme_scores_are_handled(name, score):
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    hp.Int("n", 1, 1000, sampling="log")
    objective = keras_tuner.Objective("score", "min")
    oracle = create_oracle(name, hp, objective, seed=3, max_trials=40)
    for number in range(40):
        trial = oracle.create_trial("one")
        oracle.update_trial(trial.trial_id, {"score": score if number % 2 else -1e-9 * number})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    assert oracle.create_trial("one").status == "STOPPED"


@pytest.mark.parametrize("late", [5, 15])
@pytest.mark.parametrize("name", NAMES)
def test_a_plain_tuners_space_may_grow_while_it_runs(name, late):
    oracle = create_oracle(name, keras_tuner.HyperParameters(), "val_loss", seed=1, max_trials=25)
    seen = set()
    while (trial := oracle.create_trial("one")).status == "RUNNING":
        hp = trial.hyperparameters
        value = hp.Float("x", 0.0, 1.0) + hp.Float("y", 0.0, 1.0)
        if len(oracle.trials) > late:
            value += hp.Choice("late", [0, 1, 2])
        oracle.update_space(hp)
        oracle.update_trial(trial.trial_id, {"val_loss": value})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
        seen.add(as_text(hp.values))
    assert len(seen) == len(oracle.trials) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_from_external_proposals(name):
    hp = keras_tuner.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    drive = Drive(name, hp, max_trials=40)
    for number in range(20):
        chosen = {"status": "RUNNING", "values": {"x": number / 19}}
        drive.oracle.populate_space = lambda _, chosen=chosen: chosen
        drive.ask()
        drive.tell()
    del drive.oracle.populate_space
    assert wrong(hp, drive.ask() or {}) == ""
