"""The search benchmark on a small synthetic table: all algorithms, interrupted runs, results."""

import dataclasses

import numpy as np
import pytest

from kubenas.spaces.graph import Graph
from searching.document import print_all, write_all
from searching.jobs import make_conditions, missing_jobs, run_job
from searching.metrics import volume
from searching.results import Results
from searching.searchers.algorithms import ALGORITHMS
from searching.simulation import Conditions, simulate
from searching.tables import catalogue
from searching.tables.space import Decision, Space, key
from searching.tables.table import Front, Goal, Objective, Table

OPTIONS = ("a", "b", "c", "d")
SIZE = 4**3 * 3


def score(values):
    letters = sum(OPTIONS.index(values[f"op_{i}"]) for i in range(3))
    return letters - abs(values["width"] - 2)


def small_table(folder=None, *, feasible=lambda _: True):
    decisions = [Decision(f"op_{i}", OPTIONS) for i in range(3)]
    decisions.append(Decision("width", (1, 2, 3), ordered=True))
    return Table(
        name="small",
        space=Space(decisions),
        objectives=(Objective("val_accuracy"),),
        goal=Goal(best=9.0, typical=4.0, near=8.5),
        runs=lambda values: [(score(values) - 0.5,), (score(values) + 0.5,)],
        seconds=lambda values: float(values["width"]),
        early=lambda values, _: (score(values) / 2,),
        early_epochs=1,
        epochs=10,
        feasible=feasible,
    )


@pytest.fixture(autouse=True)
def _catalogued(monkeypatch):
    monkeypatch.setitem(catalogue.TABLES, "small", small_table)
    catalogue.load_table.cache_clear()


def search(name, *, in_flight=1, budget=40, seed=0, table=None, noisy=False, even=False):
    table = table or small_table()
    conditions = Conditions("small", in_flight, noisy, budget=budget, even=even)
    return simulate(ALGORITHMS[name].make(table, conditions, seed), table, conditions, seed)


SUITED = [name for name, algorithm in ALGORITHMS.items() if algorithm.suits(small_table())]


@pytest.mark.parametrize("name", SUITED)
@pytest.mark.parametrize("in_flight", [1, 5])
def test_each_algorithm_spends_its_budget_on_valid_points(name, in_flight):
    run = search(name, in_flight=in_flight, budget=15)
    assert sum(ending.cost for ending in run.endings) == pytest.approx(15, abs=1)
    assert len(run.thinking) == len(run.endings)
    assert [e.at for e in run.endings] == sorted(e.at for e in run.endings)
    full = [ending for ending in run.endings if ending.truth]
    assert full
    assert all(ending.observed == ending.truth for ending in full)


@pytest.mark.parametrize("name", SUITED)
def test_each_algorithm_survives_infeasible_points(name):
    table = small_table(feasible=lambda values: values["op_0"] != "d")
    run = search(name, table=table, budget=15)
    failed = [ending for ending in run.endings if ending.observed is None]
    assert failed
    assert all(ending.truth is None for ending in failed)
    assert len(failed) < len(run.endings)


@pytest.mark.parametrize("name", ["evolution", "local search", "AutoKeras greedy", "Optuna TPE"])
def test_what_learns_beats_random(name):
    def area(name):
        runs = [search(name, seed=seed) for seed in range(8)]
        bests = [np.maximum.accumulate([e.truth[0] for e in run.endings]) for run in runs]
        return float(np.mean(bests))

    assert area(name) > area("random")


@pytest.mark.parametrize("name", [n for n, a in ALGORITHMS.items() if 2 in a.objectives])
def test_algorithms_for_two_objectives_come_near_the_front(name):
    table = small_table()
    wide = Objective("width", "min")
    front = Front(worst=(-1.0, 3.0), best=(9.0, 1.0), volume=0.95)
    table = dataclasses.replace(
        table,
        objectives=(*table.objectives, wide),
        runs=lambda values: [(score(values), float(values["width"]))],
        goal=front,
        graph=as_chain,
    )
    conditions = Conditions("small", 4, budget=25)
    run = simulate(ALGORITHMS[name].make(table, conditions, 0), table, conditions, 0)
    assert 0.4 < volume(run, front, 25)[-1] <= 1.0


def as_chain(values):
    return Graph.chain([f"{name} {value}" for name, value in values.items()])


def test_random_search_ends_when_every_point_was_tried():
    run = search("random", budget=10 * SIZE)
    assert 0.9 * SIZE < len(run.endings) <= SIZE


def test_the_same_seed_gives_the_same_search():
    first, second, other = (search("evolution", seed=s, noisy=True) for s in (3, 3, 4))
    assert first.endings == second.endings
    assert first.endings != other.endings


def test_trainings_in_flight_end_in_the_order_of_their_seconds():
    serial, parallel = (search("random", in_flight=n, budget=30) for n in (1, 3))
    assert {e.truth for e in serial.endings} == {e.truth for e in parallel.endings}
    # Same points, a third of the wall-clock: no more than one training is waited for at the end.
    assert serial.endings[-1].at / 3 <= parallel.endings[-1].at <= serial.endings[-1].at / 3 + 3


def test_even_trainings_end_in_the_order_of_their_starts():
    run = search("random", in_flight=3, budget=30, even=True)
    alone = search("random", budget=30)
    assert [e.truth for e in run.endings] == [e.truth for e in alone.endings]
    assert [e.at for e in run.endings] == [1 + i // 3 for i in range(30)]


def test_a_noisy_training_gives_one_of_its_runs():
    run = search("random", noisy=True, budget=30)
    gaps = {round(ending.observed[0] - ending.truth[0], 6) for ending in run.endings}
    assert gaps == {-0.5, 0.5}


@pytest.mark.parametrize("name", ["Keras-Tuner hyperband", "kubenas auto+rungs"])
def test_short_trainings_cost_their_share_tell_no_truth_and_are_gone_on_with(name):
    run = search(name, budget=20)
    assert {ending.cost for ending in run.endings if not ending.truth} == {0.1}
    assert 0.9 in {ending.cost for ending in run.endings if ending.truth}


class TestCampaign:
    """Stored runs are not repeated. An interruption loses at most the current runs."""

    conditions = make_conditions(["small"], [1, 4], noisy=False, infeasible=0.0, budget=15)

    def jobs(self, results, folder, seeds=(2, 1)):
        names = ["random", "Optuna TPE", "Optuna NSGA-II"]
        return missing_jobs(self.conditions, names, results, folder, seeds)

    def carry_out(self, jobs, results):
        for job in jobs:
            _, run = run_job(job)
            version = ALGORITHMS[job.algorithm].version
            results.add(job.conditions, job.algorithm, version, job.seed, run)

    def test_only_what_is_missing_is_run(self, tmp_path):
        results = Results(tmp_path)
        jobs = self.jobs(results, tmp_path)
        assert {job.algorithm for job in jobs} == {"random", "Optuna TPE"}  # one objective
        assert len(jobs) == 8
        self.carry_out(jobs[:3], results)
        assert self.jobs(results, tmp_path) == jobs[3:]

    def test_a_line_cut_short_is_run_again_and_harms_no_other(self, tmp_path):
        results = Results(tmp_path)
        jobs = [job for job in self.jobs(results, tmp_path) if job.algorithm == "random"]
        self.carry_out(jobs[:2], results)
        (file,) = tmp_path.glob("*/random.jsonl")
        whole = file.read_text()
        file.write_text(whole[:-40])
        again = [job for job in self.jobs(results, tmp_path) if job.algorithm == "random"]
        assert again == jobs[1:]
        self.carry_out(again[:1], results)
        assert list(results.runs(self.conditions[0], "random")) == [0, 1]

    def test_runs_of_another_version_do_not_count(self, tmp_path):
        results = Results(tmp_path)
        run = search("random", budget=15)
        results.add(self.conditions[0], "random", "older", 0, run)
        assert len(self.jobs(results, tmp_path)) == 8

    def test_a_run_comes_back_as_it_was(self, tmp_path):
        results = Results(tmp_path)
        run = search("Keras-Tuner hyperband", budget=15)
        results.add(self.conditions[0], "Keras-Tuner hyperband", "1", 7, run)
        (back,) = results.runs(self.conditions[0], "Keras-Tuner hyperband").values()
        assert [e.truth for e in back.endings] == [e.truth for e in run.endings]
        assert [e.cost for e in back.endings] == [e.cost for e in run.endings]

    def test_the_document_holds_every_algorithm_and_its_plot(self, tmp_path, capsys):
        results = Results(tmp_path / "runs")
        self.carry_out(self.jobs(results, tmp_path), results)
        print_all(results, tmp_path, self.conditions)
        printed = capsys.readouterr().out
        docs = tmp_path / "docs"
        docs.mkdir()
        write_all(results, tmp_path, docs)
        text = (docs / "SEARCH_BENCHMARKS.md").read_text()
        for shown in (printed, text):
            assert "| random | 2 |" in shown
            assert "| Optuna TPE | 2 |" in shown
        drawing = (docs / "search-small.svg").read_text()
        assert drawing.startswith("<svg")
        assert drawing.count("series-1") >= 3

    def test_a_missing_table_is_named_with_what_to_do(self, tmp_path):
        with pytest.raises(Exception, match=r"no table .*nasbench201\.npz; --tables names the"):
            catalogue.load_table("nasbench201-cifar10", tmp_path)


def test_a_share_of_points_can_be_made_infeasible():
    table = catalogue.load_table("small", folder=None, infeasible=0.4)
    assert not table.feasible({**dict.fromkeys(("op_0", "op_1", "op_2"), "d"), "width": 3})
    assert table.goal.best == 9.0
    points = list(table.space.every())
    assert len({key(point) for point in points}) == SIZE
