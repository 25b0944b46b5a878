"""A search with rungs: promotions, epochs, checkpoints and crashes."""

import pytest
from pydantic import ValidationError

from kubenas.config import Config
from kubenas.search.budget.cost import Cost
from kubenas.search.budget.limits import Usage, stop_reason
from kubenas.search.journal.state import fold
from kubenas.search.rungs.levels import min_epochs_per_trial, rung_levels
from kubenas.storage import open_storage
from tests.unit.search.scenario import Scenario
from tests.unit.search.scripted_runner import Crash, ScriptedRunner, TwoSeconds

VALUES = [0.3, 0.9, 0.1, 0.5, 0.2, 0.8, 0.7, 0.4, 0.6, 0.0, 0.95, 0.15]
TRIALS = 15


@pytest.fixture(autouse=True)
def _attempts_leave_checkpoints(monkeypatch):
    start = ScriptedRunner.start

    def leave(self, spec):
        start(self, spec)
        if spec.training.keep_checkpoint:
            open_storage(spec.prefix).write("checkpoint/latest.json", b"{}")

    monkeypatch.setattr(ScriptedRunner, "start", leave)


def climb(folder, **more):
    proposals = [{"x": value, **more} for value in VALUES]
    sections = {"training": {"epochs": 9}}
    rungs = {"eta": 3, "min_epochs": 1}
    return Scenario(folder, proposals, sections=sections, rungs=rungs, max_trials=TRIALS)


def test_the_best_of_a_rung_are_trained_further_from_their_checkpoints(tmp_path):
    scenario = climb(tmp_path)
    state = scenario.run(capacity=1)
    rungs = {}
    for spec in scenario.specs:
        rungs.setdefault(spec.training.epochs, []).append(spec)
    assert [len(rungs[epochs]) for epochs in (1, 3, 9)] == [11, 3, 1]
    for spec in (*rungs[3], *rungs[9]):
        parent = state.trials[state.trials[spec.trial].proposal.parent]
        assert spec.resume_from == f"{tmp_path}/{folder(scenario, parent.number)}/checkpoint"
        assert parent.proposal.values == state.trials[spec.trial].proposal.values
    # A promotion or a retraining may continue any of them.
    assert all(s.training.keep_checkpoint for s in scenario.specs)
    assert {s.training.schedule for s in scenario.specs} == {"wsd"}
    assert state == fold(scenario.records())


def folder(scenario, trial):
    return f"searches/{scenario.definition.id}/trials/{trial:05d}/a1"


def test_the_ranking_compares_within_a_rung_and_lists_a_network_once(tmp_path):
    state = climb(tmp_path).run(capacity=1)
    ranked = state.ranked("max")
    places = [(-trial.proposal.epochs, -trial.end.score) for trial in ranked]
    assert places == sorted(places)
    xs = [trial.proposal.values["x"] for trial in ranked]
    assert len(xs) == len(set(xs)) == 11
    assert ranked[0].proposal.epochs == 9


def story(state):
    return [
        (trial.number, trial.proposal.values, trial.proposal.epochs, trial.proposal.parent)
        for trial in state.trials.values()
    ]


def test_a_crash_at_any_point_changes_no_promotion(tmp_path):
    whole = climb(tmp_path / "whole")
    expected = story(whole.run(capacity=1))
    for point in range(1, whole.fuse.passed, 3):
        scenario = climb(tmp_path / str(point))
        with pytest.raises(Crash):
            scenario.run(capacity=1, crash_at=point)
        assert story(scenario.run(capacity=1)) == expected, f"after a crash at point {point}"
        assert len(scenario.trained) == len(set(scenario.trained))


def test_a_network_that_never_completes_is_never_promoted(tmp_path):
    state = climb(tmp_path, behave="nan").run(capacity=2)
    assert all(trial.proposal.parent is None for trial in state.trials.values())


def test_the_budget_considers_the_shortest_trial():
    config = Config.model_validate(
        {
            "name": "s",
            "output": "o",
            "data": {"source": "digits"},
            "search": {"rungs": {"eta": 3}, "max_gpu_hours": 1},
            "training": {"epochs": 27},
        }
    )
    assert (rung_levels(config), min_epochs_per_trial(config)) == ((3, 9, 27), 3)
    usage = Usage(
        trials=1,
        seconds=0.0,
        cost=Cost(),
        affordable_seconds=12.0,
        best=None,
        best_trial=None,
        epoch_seconds=10.0,
        slow_epoch_seconds=10.0,
    )
    for epochs, over in ((1, False), (2, True)):
        assert bool(stop_reason(config.search, usage, "max", epochs=epochs)) == over


def test_a_promotion_beyond_the_budget_ends_the_search(tmp_path):
    """The budget would allow shorter trials, but promotions come first."""
    sections = {"training": {"epochs": 9}, "runner": {"price_per_hour": 1}}
    proposals = [{"x": value} for value in VALUES]
    rungs, cap = {"eta": 3, "min_epochs": 1}, 9.5 / 3600  # 2 s for each trial, whatever its epochs
    scenario = Scenario(
        tmp_path, proposals, sections=sections, rungs=rungs, max_trials=TRIALS, max_cost=cap
    )
    state = scenario.run(capacity=1, runner=TwoSeconds)
    assert "the remaining budget is too small" in state.closed.reason
    waiting = [trial for trial in state.trials.values() if trial.end is None]
    assert [trial.proposal.epochs for trial in waiting] == [3]


@pytest.mark.parametrize(
    ("search", "epochs", "words"),
    [
        ({"oracle": "hyperband", "rungs": {"eta": 3}}, 9, "has its own rungs"),
        ({"rungs": {"eta": 4, "min_epochs": 3}}, 11, "at least 12"),
    ],
)
def test_invalid_rungs(search, epochs, words):
    content = {"name": "s", "output": "o", "data": {"source": "digits"}, "search": search}
    with pytest.raises(ValidationError, match=words):
        Config.model_validate({**content, "training": {"epochs": epochs}})
