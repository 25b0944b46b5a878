"""Warm start: reading and ranking prior results, observations, first trials and the saved prior."""

import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubenas.errors import UserError
from kubenas.search.journal.journal import JournalDamaged
from kubenas.search.journal.records import Ended, Proposed
from kubenas.search.layout import definition_file, prior_file
from kubenas.search.proposal_sources import add_proposal_sources
from kubenas.search.proposals import create_proposer
from kubenas.search.space.point import random_point, read_space, to_point
from kubenas.search.warm_start.earlier_search import find_earlier_search
from kubenas.search.warm_start.listing import search_ids
from kubenas.search.warm_start.observations import MIN_OWN_SCORES, add_prior_results
from kubenas.search.warm_start.prior_results import (
    Champion,
    Prior,
    PriorResult,
    rank_results,
    read_prior,
    read_sources,
)
from kubenas.search.warm_start.results_table import read_table
from kubenas.storage import open_storage
from kubenas.trial import Outcome
from tests.unit.search.proposals.test_sources import SPACE, Play, definition
from tests.unit.search.scenario import Scenario
from tests.unit.search.test_run import config_in, id_of, search

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras_tuner")

CONDITIONAL = {
    "values": {},
    "space": [
        {
            "class_name": "Choice",
            "config": {
                "name": "kind",
                "default": "conv",
                "conditions": [],
                "values": ["conv", "dense"],
                "ordered": False,
            },
        },
        {
            "class_name": "Int",
            "config": {
                "name": "units",
                "default": 8,
                "conditions": [
                    {"class_name": "Parent", "config": {"name": "kind", "values": ["dense"]}}
                ],
                "min_value": 4,
                "max_value": 16,
                "step": 1,
                "sampling": "linear",
            },
        },
        {
            "class_name": "Boolean",
            "config": {"name": "norm", "default": False, "conditions": []},
        },
    ],
}


@pytest.mark.parametrize(
    ("values", "point"),
    [
        ({"kind": "conv", "units": 5, "old": 3}, {"kind": "conv", "norm": False}),
        (
            {"kind": "dense", "units": 5.0, "norm": True},
            {"kind": "dense", "units": 5, "norm": True},
        ),
        ({"kind": "dense"}, {"kind": "dense", "units": 8, "norm": False}),
        ({"kind": "dense", "units": 17}, None),
        ({"kind": "dense", "units": 5.5}, None),
        ({"kind": "pool"}, None),
        ({"kind": "conv", "norm": 1}, None),
        ({"kind": "conv", "norm": "True"}, {"kind": "conv", "norm": True}),
    ],
)
def test_values_of_another_search_become_a_point_or_are_dropped(values, point):
    assert to_point(read_space(CONDITIONAL), values) == point


@given(st.integers(0, 10**6))
def test_a_random_point_is_in_the_space(seed):
    space = read_space(CONDITIONAL)
    point = random_point(space, seed)
    assert to_point(space, point) == point
    assert random_point(space, seed) == point


def test_random_points_cover_the_space():
    space = read_space(CONDITIONAL)
    points = [random_point(space, seed) for seed in range(400)]
    assert {point.get("units") for point in points} == {None, *range(4, 17)}


def table(folder: Path, text: str) -> str:
    (folder / "known.csv").write_text(text)
    return str(folder / "known.csv")


def test_a_table_is_read_best_first_with_numbers_as_numbers(tmp_path):
    uri = table(tmp_path, "lr,kind,norm,score\n0.1,conv,True,0.5\n,dense,false,0.9\n1,x,,\n")
    best_first = [{"kind": "dense", "norm": False}, {"lr": 0.1, "kind": "conv", "norm": True}]
    assert read_table(uri, "max") == best_first
    assert read_table(uri, "min") == best_first[::-1]


def test_a_leaderboard_is_read_in_order_of_rank(tmp_path):
    text = "rank,trial,score,values.x\n2,0,0.99,1\n1,1,0.5,2\n,2,0.7,3\n"
    assert read_table(table(tmp_path, text), "max") == [{"x": 2}, {"x": 1}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "a column 'score'"),
        ("", "a column 'score'"),
        ("a,score\n1,x\n", "'x' is not"),
    ],
)
def test_an_invalid_table_is_named(tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        read_table(table(tmp_path, text), "max")


def test_an_empty_source_is_named(tmp_path):
    with pytest.raises(UserError, match="neither an output of kubenas"):
        read_sources([str(tmp_path)], "max")
    with pytest.raises(UserError, match="no such file"):
        read_sources([str(tmp_path / "gone.csv")], "max")
    with pytest.raises(UserError, match="no completed trial"):
        read_sources([table(tmp_path, "a,score\n1,\n")], "max")


def test_merits_are_ranks_within_a_source(tmp_path):
    earlier = Scenario(tmp_path / "out", [{"x": x} for x in (30.0, 10.0, 20.0)])
    earlier.run()
    written = tmp_path / "out" / definition_file(earlier.definition.id)
    written.write_bytes(earlier.definition.to_json())
    uri = table(tmp_path, "x,score\n1,0.001\n2,0.003\n3,0.002\n")
    whole = read_sources([str(tmp_path / "out"), uri], "max")
    assert [each.values["x"] for each in whole.known] == [30.0, 2, 20.0, 3, 10.0, 1]
    merits = [each.merit for each in whole.known]
    assert merits[::2] == merits[1::2]
    assert sum(merits) == pytest.approx(0)
    one = read_sources([f"{tmp_path}/out/searches/{earlier.definition.id}"], "max")
    assert [each.values["x"] for each in one.known] == [30.0, 20.0, 10.0]


def own(scores):
    return [
        record
        for number, score in enumerate(scores)
        for record in (
            Proposed(at=0, trial=number, values={"own": number}, oracle_trial=str(number)),
            Ended(at=0, trial=number, outcome=Outcome.COMPLETED, attempt=1, score=score),
        )
    ]


KNOWN = rank_results([{"x": x} for x in range(20)])


@given(st.lists(st.floats(-5, 5), max_size=40), st.sampled_from(["max", "min"]))
def test_prior_results_are_scaled_to_own_scores_until_there_are_enough(scores, direction):
    told = add_prior_results(own(scores), KNOWN, direction)
    prior = [r.score for r in told if isinstance(r, Ended) and r.trial < 0]
    assert [record for record in told if record.trial >= 0] == own(scores)
    assert len(prior) == (0 if len(scores) >= MIN_OWN_SCORES else len(KNOWN))
    assert prior == sorted(prior, reverse=direction == "max")
    if prior and scores:
        assert sum(prior) / len(prior) == pytest.approx(sum(scores) / len(scores), abs=1e-6)


def test_own_results_replace_prior_ones_and_a_large_prior_is_thinned():
    mine = Proposed(at=0, trial=0, values={"x": 3}, oracle_trial="0")
    told = add_prior_results([mine], KNOWN, "max")
    assert sum(r.values == {"x": 3} for r in told if isinstance(r, Proposed)) == 1
    large = rank_results([{"x": x} for x in range(1000)])
    told = add_prior_results([], large, "max")
    assert len(told) == 2 * 100
    assert told[0].values == {"x": 0}


@pytest.mark.parametrize("options", [{}, {"rungs": {"eta": 3}}], ids=str)
def test_the_best_prior_results_are_the_first_trials(options):
    points = [{"left": x / 10, "right": 0.3} for x in range(9)]
    prior = Prior(known=tuple(rank_results([*points, {"left": 7}])))
    told = definition(**options)
    create = partial(create_proposer, told.config, space=SPACE)
    make = partial(add_proposal_sources, create, told, SPACE, prior)
    steady, restless = Play(make), Play(make)
    for _ in range(50):
        restless.restart()
        assert steady.propose() == restless.propose()
        steady.end(0)
        restless.end(0)
    proposed = [record for record in steady.records if isinstance(record, Proposed)]
    repeated = [record.values for record in proposed if record.origin == "prior"]
    assert repeated == points[:5]
    networks = [record for record in proposed if record.parent is None]
    assert [record.origin for record in networks[:5]] == ["prior"] * 5


def test_last_is_the_previous_search_and_does_not_change(tmp_path):
    weekly = {"warm_start": ["last"], "max_trials": 4}
    first = search(config_in(tmp_path, **weekly))
    assert read_prior(open_storage(str(tmp_path)), first.id) == Prior()
    assert {trial.proposal.origin for trial in first.state.trials.values()} <= {"oracle", "random"}
    second = search(config_in(tmp_path, **weekly, generation=2))
    begun_with = Prior.from_json((tmp_path / prior_file(second.id)).read_bytes())
    assert begun_with.sources == (f"{tmp_path}/searches/{first.id}",)
    best = first.state.ranked("max")[0].proposal.values
    assert second.state.trials[0].proposal.values == best
    third = search(config_in(tmp_path, **weekly, generation=3))
    newest = Prior.from_json((tmp_path / prior_file(third.id)).read_bytes())
    assert newest.sources == (f"{tmp_path}/searches/{second.id}",)
    assert search(config_in(tmp_path, **weekly, generation=2)) == second
    assert search(config_in(tmp_path, **weekly)) == first


def test_reuse_trains_the_champions_network_without_a_search(tmp_path):
    found = search(config_in(tmp_path))
    best = found.state.ranked("max")[0].proposal.values
    champion = Champion(search=found.prefix, values=best)
    again = config_in(tmp_path, reuse="last-best", oracle="hyperband")
    run = search(again, champion=lambda: champion)
    (trial,) = run.state.trials.values()
    assert (trial.proposal.values, trial.proposal.origin) == (best, "prior")
    assert run.state.closed.reason == "its one trial was run"
    assert run.id != id_of(config_in(tmp_path, oracle="hyperband"))
    # Who is in production later changes nothing about it.
    assert search(again) == run


def test_reuse_without_a_champion_is_a_search(tmp_path):
    config = config_in(tmp_path, reuse="last-best", max_trials=3)
    run = search(config)
    assert len(run.state.trials) == 3
    other = Champion(search="elsewhere", values={"left": 0.5, "right": 0.5})
    assert search(config, champion=lambda: other) == run


def test_a_champion_outside_the_space_is_an_error(tmp_path):
    config = config_in(tmp_path, reuse="last-best")
    champion = Champion(search="elsewhere", values={"left": 7.0, "right": 0.5})
    with pytest.raises(UserError, match="remove 'reuse' from"):
        search(config, champion=lambda: champion)


def test_all_searches_are_listed(tmp_path):
    output = open_storage(str(tmp_path))
    for name in ("a", "a-b", "a0", "b"):
        output.write(definition_file(name), b"")
        output.write(f"searches/{name}/trials/00001/a1/spec.json", b"")
        output.write(f"searches/{name}/zzz", b"")
    output.write("searches/half/journal/1.json", b"")
    output.write("steps/search.json", b"")
    assert sorted(search_ids(output)) == ["a", "a-b", "a0", "b"]


def test_last_skips_unfinished_and_unreadable_searches(tmp_path, caplog):
    output = open_storage(str(tmp_path))
    finished = search(config_in(tmp_path, max_trials=2))
    unfinished = finished.definition.model_copy(update={"id": "open"})
    output.write(definition_file("open"), unfinished.to_json())
    output.write(definition_file("old"), b'{"version": 0}')
    last = find_earlier_search(output, "another")
    assert last is not None
    assert last.id == finished.id
    assert find_earlier_search(output, finished.id) is None
    assert "search old is skipped" in caplog.text


def test_the_prior_is_saved_once_and_its_sources_may_change(tmp_path):
    uri = table(tmp_path, "left,right,score\n0.25,0.5,1\n0.5,0.75,2\n")
    config = config_in(tmp_path / "out", warm_start=[uri])
    state = search(config).state
    assert state.trials[0].proposal.values == {"left": 0.5, "right": 0.75}
    Path(uri).unlink()
    assert search(config).state == state
    definition_ = search(config).definition
    file = tmp_path / "out" / prior_file(definition_.id)
    prior = Prior.from_json(file.read_bytes())
    assert definition_.prior == prior.digest
    known = [PriorResult(values={"left": 0.1}, merit=0.0).model_dump()]
    file.write_text(json.dumps({**prior.model_dump(), "known": known}))
    with pytest.raises(JournalDamaged, match="has changed since the search began"):
        search(config)
