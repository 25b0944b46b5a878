"""The lineage of a model, with known and unknown values."""

from pathlib import Path

import pytest

from kubenas.errors import UserError
from kubenas.reporting.lineage import Lineage
from kubenas.search.run import read_search
from kubenas.serving.champion import ChampionLog, rollback_record
from kubenas.steps.evaluate import evaluate
from kubenas.steps.promote import promote
from kubenas.steps.report.lineage import champion_lineage, find_lineage
from kubenas.steps.report.writing import report
from kubenas.steps.setup.context import RunContext
from kubenas.steps.setup.run_info import read_run_info, record_run_info
from tests.unit.steps.finished_runs import correct_examples, finished_run

POD = {
    "metadata": {
        "name": "nas-x-impl-1",
        "labels": {"pipeline/runid": "r-1", "workflows.argoproj.io/workflow": "nas-x"},
    },
    "status": {
        "containerStatuses": [
            {"name": "wait", "imageID": "argo@sha256:0"},
            {"name": "main", "imageID": "kubenas@sha256:1"},
        ]
    },
}


def in_production(tmp_path: Path, generation: int, correct: int) -> RunContext:
    always = {"promotion": {"mode": "always"}}
    run = finished_run(str(tmp_path / "out"), generation, correct_examples(correct), config=always)
    for step in (evaluate, report, promote):
        step(run)
    return run


def of(context: RunContext) -> Lineage:
    return find_lineage(context.output, read_search(context.output, context.search_id))


def test_unknown_values_are_reported_as_not_known(tmp_path: Path) -> None:
    run = in_production(tmp_path, 1, 1800)
    found = champion_lineage(run.output)
    assert found == of(run)
    rows = dict(found.rows())
    assert (found.run, rows["Run"]) == (None, "not known")
    assert "retraining 1, seed not known, in " in rows["Training"]
    assert rows["Software (training)"] == rows["Image (training)"] == "not known"
    assert rows["Previous champion"] == "none: this was the first champion"
    assert rows["Trial"] == "0: x 1"
    assert "record 1: promotion.mode is always" in rows["In production"]


def test_run_info_comes_from_the_pod_and_is_not_overwritten(tmp_path: Path) -> None:
    run = in_production(tmp_path, 1, 1800)
    record_run_info(run.output, run.search_id, lambda: POD)
    record_run_info(run.output, run.search_id, lambda: None)
    origin = read_run_info(run.output, run.search_id)
    assert origin is not None
    assert (origin.run, origin.workflow, origin.pod) == ("r-1", "nas-x", "nas-x-impl-1")
    rows = dict(of(run).rows())
    assert rows["Image (search)"] == "kubenas@sha256:1"
    assert rows["Run"].endswith(", Kubeflow run r-1, workflow nas-x")


def test_waits_until_the_pod_status_contains_the_image(tmp_path: Path) -> None:
    run = finished_run(str(tmp_path / "out"), 1, correct_examples(1800))
    starting = {"containerStatuses": [{"name": "main", "imageID": ""}]}
    told = iter([{**POD, "status": {}}, {**POD, "status": starting}, POD])
    record_run_info(run.output, run.search_id, lambda: next(told))
    origin = read_run_info(run.output, run.search_id)
    assert origin is not None
    assert (origin.image, list(told)) == ("kubenas@sha256:1", [])


def test_does_not_wait_for_a_pod_without_a_step_container(tmp_path: Path) -> None:
    run = finished_run(str(tmp_path / "out"), 1, correct_examples(1800))
    notebook = {"containerStatuses": [{"name": "notebook", "imageID": "jupyter@sha256:2"}]}
    told = iter([{**POD, "status": notebook}])
    record_run_info(run.output, run.search_id, lambda: next(told))
    origin = read_run_info(run.output, run.search_id)
    assert origin is not None
    assert (origin.run, origin.image) == ("r-1", None)


def test_waiting_for_the_pod_status_times_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubenas.steps.setup.run_info._STATUS_SECONDS", 0.0)
    run = finished_run(str(tmp_path / "out"), 1, correct_examples(1800))
    record_run_info(run.output, run.search_id, lambda: {**POD, "status": {}})
    origin = read_run_info(run.output, run.search_id)
    assert origin is not None
    assert (origin.run, origin.image) == ("r-1", None)


def test_rollback_restores_the_lineage_of_the_earlier_model(tmp_path: Path) -> None:
    first, second = in_production(tmp_path, 1, 1500), in_production(tmp_path, 2, 1900)
    log = ChampionLog(first.output)
    assert dict(of(second).rows())["Previous champion"] == f"record 1, of search {first.search_id}"
    log.append(rollback_record(log.history(), why="it was slow", at=4.0))
    found = champion_lineage(first.output)
    assert (found.search, found.in_production) == (first.search_id, True)
    assert dict(of(second).rows())["In production"].startswith("no longer; promoted")


def test_lineage_without_a_champion_needs_a_search(tmp_path: Path) -> None:
    run = finished_run(str(tmp_path / "out"), 1, correct_examples(1800))
    with pytest.raises(
        UserError, match="no model is in production yet; select a search with --search"
    ):
        champion_lineage(run.output)
    assert dict(of(run).rows())["In production"] == "never"
