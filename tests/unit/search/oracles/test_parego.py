"""ParEGO: scalar scores, the front that it finds, and the protocol."""

from functools import partial

import keras_tuner
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kubenas.errors import UserError
from kubenas.search.journal.records import Ended
from kubenas.search.oracles.create import create_oracle
from kubenas.search.oracles.parego import tchebycheff
from kubenas.search.pareto import non_dominated
from kubenas.trial import Outcome
from tests.unit.search.proposals.test_sources import Play, definition, fresh

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

VALUES = arrays(float, st.tuples(st.integers(1, 12), st.just(2)), elements=st.integers(0, 5))
OBJECTIVES = [keras_tuner.Objective("gain", "max"), keras_tuner.Objective("cost", "min")]


@given(VALUES)
def test_the_best_by_any_weights_is_on_the_front(values):
    front = non_dominated(values)
    assert front.any()
    for weight in (0.0, 0.2, 0.5, 0.9, 1.0):
        scores = tchebycheff(values, np.array([weight, 1 - weight]))
        assert front[np.isclose(scores, scores.max())].any()


@given(VALUES)
def test_exactly_the_front_is_not_dominated(values):
    def beaten(own):
        return any((other >= own).all() and (other > own).any() for other in values)

    assert non_dominated(values).tolist() == [not beaten(own) for own in values]


def test_weights_move_along_the_front_and_failed_trials_have_no_score():
    values = np.array([[1.0, 0.0], [0.7, 0.7], [0.0, 1.0], [np.nan, np.nan]])
    best = [np.nanargmax(tchebycheff(values, np.array([w, 1 - w]))) for w in (0.95, 0.5, 0.05)]
    assert best == [0, 1, 2]
    assert np.isnan(tchebycheff(values, np.array([0.5, 0.5]))[3])
    assert np.isnan(tchebycheff(values[3:], np.array([0.5, 0.5]))).all()


def space(levels=12):
    hp = keras_tuner.HyperParameters()
    for name in "abcd":
        hp.Choice(name, [str(level) for level in range(levels)], ordered=False)
    return hp


def objectives_of(values):
    """Returns two objectives that conflict in ``a``. The other choices worsen both."""
    a, *others = (int(values[name]) for name in "abcd")
    loss = sum(abs(other - 7) for other in others)
    return {"gain": float(a - loss), "cost": float(a**2 / 11 + loss)}


def search(name, objective, *, seed, trials=60, in_flight=4):
    oracle = create_oracle(name, space(), objective, seed=seed, max_trials=trials)
    oracle.keeps_files = False
    running = []
    for place in range(trials):
        running.append(oracle.create_trial(f"slot-{place}"))
        if len(running) == in_flight:
            end(oracle, running.pop(0))
    for trial in running:
        end(oracle, trial)
    return oracle


def end(oracle, trial):
    values = objectives_of(trial.hyperparameters.values)
    trial.status = "COMPLETED"
    if trial.hyperparameters.values["b"] == "0":
        trial.status = "INVALID"
    else:
        oracle.update_trial(trial.trial_id, values)
    oracle.end_trial(trial)


def hypervolume(oracle):
    """Returns the area that the front dominates, with the reference point (-30, 30)."""
    completed = [trial for trial in oracle.trials.values() if trial.status == "COMPLETED"]
    points = [objectives_of(trial.hyperparameters.values) for trial in completed]
    area, height = 0.0, 30.0
    for point in sorted(points, key=lambda p: (-p["gain"], p["cost"])):
        if point["cost"] < height and point["gain"] > -30:
            area += (point["gain"] + 30) * (height - point["cost"])
            height = point["cost"]
    return area


@pytest.mark.parametrize("name", ["bayesian", "evolution"])
def test_it_dominates_more_than_random_search(name):
    def reached(oracle):
        return np.mean(
            [hypervolume(search(oracle, OBJECTIVES, seed=seed, trials=40)) for seed in (1, 2)]
        )

    assert reached(name) > reached("random")


def test_the_best_trials_are_the_front_by_the_first_objective():
    oracle = search("random", OBJECTIVES, seed=1, trials=40)
    best = [objectives_of(trial.hyperparameters.values) for trial in oracle.get_best_trials(40)]
    values = np.array([[each["gain"], -each["cost"]] for each in best])
    front = non_dominated(values)
    count = int(front.sum())
    assert front[:count].all()
    gains = values[:count, 0]
    assert (np.diff(gains) <= 0).all()
    assert all(trial.status == "COMPLETED" for trial in oracle.get_best_trials(3))


def test_keras_tuners_oracles_support_only_one_objective():
    with pytest.raises(UserError, match="supports only one objective"):
        create_oracle("keras_tuner.random", space(), OBJECTIVES, seed=1, max_trials=3)


class CostlyPlay(Play):
    """Reports a latency for most trials."""

    def report(self, proposal, end):
        left = proposal.values["left"]
        update = {"latency_ms": None if left > 0.5 else left**2 + proposal.values["right"]}
        return super().report(proposal, end.model_copy(update=update))


@pytest.mark.parametrize("options", [{}, {"rungs": {"eta": 3}, "baseline_share": 0.1}], ids=str)
def test_a_restart_changes_no_proposal_with_several_objectives(options):
    told = definition(oracle="bayesian", objective="val_accuracy, latency_ms", **options)
    steady, restless = CostlyPlay(partial(fresh, told)), CostlyPlay(partial(fresh, told))
    for number in range(30):
        if number > 20:
            restless.restart()
        assert steady.propose() == restless.propose()
        if number % 4:
            steady.end(number)
            restless.end(number)
    ended = [record for record in steady.records if isinstance(record, Ended)]
    assert any(end.outcome == Outcome.COMPLETED and end.latency_ms is None for end in ended)
