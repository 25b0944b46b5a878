"""The search loop with a scripted runner: starts, records and stop conditions."""

import pytest

from kubenas.errors import Interrupted, SearchFailed, UserError
from kubenas.search.interruption import Interruption
from kubenas.search.journal.records import AttemptLost, Closed, Opened, Proposed, Started
from kubenas.search.journal.state import fold
from kubenas.trial import AttemptRef, FailureClass, Outcome
from tests.unit.search.scenario import Scenario


class Clock:
    """Advances by a second per call."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def xs(*values: float, **more):
    return [{"x": value, **more} for value in values]


def test_a_search_runs_the_proposed_trials_and_ranks_them(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 3.0, 2.0))
    state = scenario.run()
    assert [trial.number for trial in state.ranked("max")] == [1, 2, 0]
    assert state.closed.reason == "all 3 trials were run"
    assert state == fold(scenario.records())
    kinds = [type(record) for record in scenario.records()]
    assert kinds[0] is Opened
    assert kinds[-1] is Closed
    assert kinds.index(Proposed) < kinds.index(Started)


def test_a_finished_search_is_not_run_again(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 3.0))
    first = scenario.run()
    before = scenario.records()
    assert scenario.run() == first
    assert scenario.records() == before


def test_a_duplicate_ends_like_its_original_without_training(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 2.0, 1.0, 1.0))
    state = scenario.run()
    assert {ref.trial for ref in scenario.trained} == {0, 1}
    for number in (2, 3):
        trial = state.trials[number]
        assert trial.proposal.duplicate_of == 0
        assert (trial.end.attempt, trial.end.score) == (None, 1.0)
        assert trial.started == ()
    assert [trial.number for trial in state.ranked("max")] == [1, 0]
    assert scenario.proposer.scores.count(1.0) == 3


def test_a_duplicate_of_a_trial_in_flight_waits_for_it(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 1.0, 2.0))
    scenario.run()
    records = scenario.records()
    proposed = next(i for i, r in enumerate(records) if isinstance(r, Proposed) and r.trial == 1)
    ends = [i for i, r in enumerate(records) if r.kind == "ended"]
    assert proposed < ends[0]
    assert [end.trial for end in scenario.ends()][:2] == [0, 1]


def test_hyperbands_next_rung_is_no_duplicate_and_resumes_from_the_checkpoint(tmp_path):
    first = {"x": 1.0, "tuner/epochs": 2, "tuner/initial_epoch": 0, "tuner/bracket": 1}
    second = {**first, "tuner/epochs": 6, "tuner/initial_epoch": 2, "tuner/trial_id": "0"}
    scenario = Scenario(tmp_path, [first, {**second, "x": 1.0}])
    folder = f"searches/{scenario.definition.id}/trials/00000/a1"
    (tmp_path / folder / "checkpoint").mkdir(parents=True)
    (tmp_path / folder / "checkpoint" / "latest.json").write_text("{}")
    scenario.run(capacity=1)
    assert [spec.training.epochs for spec in scenario.specs] == [2, 6]
    assert all(spec.training.keep_checkpoint for spec in scenario.specs)
    assert scenario.specs[1].resume_from == f"{tmp_path}/{folder}/checkpoint"


@pytest.mark.parametrize(
    ("behave", "outcome", "failure", "attempts"),
    [
        ("nan", Outcome.INFEASIBLE, FailureClass.NAN, 1),
        ("bug", Outcome.FAILED, FailureClass.APPLICATION, 2),
        ("lost", Outcome.FAILED, FailureClass.NODE_LOSS, 5),
        ("lost-once", Outcome.COMPLETED, None, 2),
        ("progress", Outcome.COMPLETED, None, 7),
    ],
)
def test_failures_are_retried_by_their_class(tmp_path, behave, outcome, failure, attempts):
    scenario = Scenario(tmp_path, [{"x": 1.0, "behave": behave}, {"x": 2.0}])
    state = scenario.run()
    trial = state.trials[0]
    assert (trial.end.outcome, trial.end.failure) == (outcome, failure)
    assert len(trial.started) == trial.end.attempt == attempts
    assert scenario.proposer.reported["0"] == outcome


def test_another_attempt_resumes_from_the_newest_checkpoint(tmp_path):
    scenario = Scenario(tmp_path, [{"behave": "progress"}])
    scenario.run(capacity=1)
    resumed = [spec.resume_from for spec in scenario.specs]
    assert resumed == [None] + [f"{spec.prefix}/checkpoint" for spec in scenario.specs[:-1]]


def test_a_configuration_failure_pauses_the_search(tmp_path):
    scenario = Scenario(tmp_path, [{"behave": "misconfigured"}, {"x": 1.0}])
    for attempt in (1, 2):
        with pytest.raises(UserError, match=f"trial 0 attempt {attempt}: misconfigured happened"):
            scenario.run()
    lost = [record for record in scenario.records() if isinstance(record, AttemptLost)]
    assert [record.failure for record in lost if record.trial == 0] == ["configuration"] * 2
    assert fold(scenario.records()).closed is None


def test_a_search_with_only_failed_trials_stops_early(tmp_path):
    scenario = Scenario(tmp_path, [{"x": float(n), "behave": "bug"} for n in range(20)])
    with pytest.raises(SearchFailed, match="application: bug happened"):
        scenario.run()
    assert 5 <= len(scenario.ends()) < 8
    assert fold(scenario.records()).closed is None


def test_a_search_stops_at_its_target_score(tmp_path):
    scenario = Scenario(tmp_path, xs(0.1, 0.9, 0.2, 0.3), target_score=0.8)
    state = scenario.run()
    assert state.closed.reason == "the target score 0.8 was reached: 0.9"
    assert {ref.trial for ref in scenario.trained} == {0, 1}
    assert not any(trial.in_flight for trial in state.trials.values())


def test_a_search_stops_at_its_time_limit_and_passes_the_deadline_on(tmp_path):
    clock = Clock()
    scenario = Scenario(tmp_path, xs(*map(float, range(100))), max_seconds=300)
    state = scenario.run(clock=clock)
    assert "300 seconds" in state.closed.reason
    assert 2 < len(state.trials) < 100
    assert state == fold(scenario.records())
    began = scenario.records()[0].at
    assert all(abs(spec.deadline - began - 300) < 10 for spec in scenario.specs)


@pytest.mark.parametrize(
    ("kind", "seconds", "beside"),
    [("local", 1e6, 1), ("local", None, 2), ("kubernetes", 1e6, 2)],
)
def test_a_local_search_with_a_time_limit_starts_with_one_trial(tmp_path, kind, seconds, beside):
    sections = {"training": {"patience": None}, "runner": {"kind": kind}}
    proposals = xs(1.0, 2.0, 3.0, 4.0)
    scenario = Scenario(tmp_path, proposals, sections=sections, max_seconds=seconds)
    seen = []
    scenario.run(on_progress=lambda progress: seen.append((progress.done, len(progress.running))))
    assert max(running for done, running in seen if not done) == beside
    assert max(running for done, running in seen if done) == 2


def test_an_exhausted_space_ends_the_search(tmp_path):
    state = Scenario(tmp_path, xs(1.0, 2.0), max_trials=9).run()
    assert len(state.ended()) == 2
    assert "exhausted" in state.closed.reason


def test_repeated_duplicates_end_the_search(tmp_path):
    state = Scenario(tmp_path, xs(1.0, 2.0, *[1.0] * 50)).run()
    assert "20 proposals in a row" in state.closed.reason
    assert 22 <= len(state.trials) <= 24


def test_an_interrupted_search_stops_its_attempts_and_resumes(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 2.0, 3.0, 4.0))
    interruption = Interruption()

    def interrupt(progress):
        interruption.requested = progress.done >= 1

    with pytest.raises(Interrupted):
        scenario.run(interruption=interruption, on_progress=interrupt)
    state = fold(scenario.records())
    assert not any(trial.in_flight for trial in state.trials.values())
    lost = [record.failure for record in scenario.records() if isinstance(record, AttemptLost)]
    assert lost == [FailureClass.DISRUPTION]
    assert len(scenario.run().ended(Outcome.COMPLETED)) == 4


def test_an_interrupted_search_does_not_stop_persistent_attempts(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 2.0, 3.0, 4.0))
    interruption = Interruption()

    def interrupt(progress):
        interruption.requested = progress.done >= 1

    with pytest.raises(Interrupted):
        scenario.run(interruption=interruption, on_progress=interrupt, persistent=True)
    assert sum(trial.in_flight for trial in fold(scenario.records()).trials.values()) == 1


def test_adopted_attempts_that_are_not_in_flight_are_stopped(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 2.0))
    stray = AttemptRef(trial=7, attempt=1)
    scenario.run(persistent=True, found=[stray])
    assert scenario.stopped == {stray}


def test_progress_is_reported(tmp_path):
    told = []
    Scenario(tmp_path, xs(1.0, 3.0, 2.0)).run(on_progress=told.append)
    assert told[0].done == 0
    assert {attempt.trial for attempt in told[0].running} == {0, 1}
    assert (told[-1].done, told[-1].total, told[-1].best_score, told[-1].best_trial) == (3, 3, 3, 1)
    assert told[-1].running == ()


def test_declared_hyperparameters_are_added_to_the_space(tmp_path):
    scenario = Scenario(tmp_path, xs(1.0, 2.0, 3.0, behave="asks"))
    state = scenario.run(capacity=1)
    names = [each["config"]["name"] for each in state.declared]
    assert names == ["depth", "units_0", "units_1", "units_2"]
    known = [len(spec.hyperparameters["space"]) for spec in scenario.specs]
    assert known == [0, 2, 3]
    assert state.trials[2].values == {"x": 3.0, "behave": "asks", "depth": 1, "units_2": 1}
    assert state.trials[2].used_values == {"depth": 1, "units_2": 1}
    assert state == fold(scenario.records())


def test_a_result_with_invalid_hyperparameters_is_rejected(tmp_path):
    scenario = Scenario(tmp_path, [{"behave": "forged"}, {"x": 1.0}])
    state = scenario.run()
    assert [trial.number for trial in state.ended(Outcome.COMPLETED)] == [1]
    assert state.declared == ()


def test_a_trial_cannot_change_its_proposed_values(tmp_path):
    scenario = Scenario(tmp_path, [{"x": 1.0, "behave": "rewrites"}])
    state = scenario.run()
    assert state.trials[0].values == {"x": 1.0, "behave": "rewrites", "depth": 2}
