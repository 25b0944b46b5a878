"""Tests of a trial that modifies an exported model before its promotion."""

from pathlib import Path

import pytest

from kubenas.errors import DocumentUnusable
from kubenas.search.attempts.records import open_attempt_records
from kubenas.search.layout import search_folder
from kubenas.serving.champion import ChampionLog
from kubenas.serving.gate.gate import Ground
from kubenas.steps.evaluate import evaluate
from kubenas.steps.export import _check_export
from kubenas.steps.promote import promote
from kubenas.steps.report.report_input import read_report_input
from kubenas.steps.setup.context import RunContext
from tests.unit.steps.finished_runs import correct_examples, finished_run, write_evaluation

CHANGES = ("saved_model/1/saved_model.pb", "saved_model/2/saved_model.pb", "saved_model/1/assets/x")


def change(context: RunContext, name: str) -> None:
    path = Path(context.output.uri, search_folder(context.search_id), "export/a1", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"another model")


@pytest.fixture
def run(tmp_path: Path) -> RunContext:
    return finished_run(str(tmp_path / "out"), 1, correct_examples(1800))


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_model_is_not_promoted(
    run: RunContext, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(run)
    change(run, name)
    with pytest.raises(SystemExit):
        promote(run)
    assert f"{name}: changed since the attempt ended" in capsys.readouterr().err
    assert ChampionLog(run.output).history() == []


def test_a_changed_champion_is_not_compared_with(run: RunContext) -> None:
    evaluate(run)
    promote(run)
    change(run, CHANGES[0])
    later = finished_run(run.output.uri, 2, correct_examples(1900))
    write_evaluation(later.output, later.search_id, "champion/00001", correct_examples(1000))
    decision = evaluate(later).decision
    assert (decision.ground, decision.verdict) == (Ground.UNUSABLE, "keep")
    assert "changed since the attempt ended" in decision.reason


def test_a_changed_evaluation_is_left_out_of_a_report(run: RunContext) -> None:
    evaluate(run)
    folder = Path(run.output.uri, search_folder(run.search_id), "evaluate/a1")
    path = folder / "evaluation.json"
    path.write_text(path.read_text().replace('"accuracy":0.9', '"accuracy":1.0', 1))
    assert read_report_input(run.output, run.search_id, finished=False).evaluation is None


def test_an_export_has_one_version(tmp_path: Path) -> None:
    (tmp_path / "saved_model/1").mkdir(parents=True)
    with pytest.raises(DocumentUnusable, match="the export contains no SavedModel"):
        _check_export(str(tmp_path))
    (tmp_path / "saved_model/1/saved_model.pb").touch()
    _check_export(str(tmp_path))
    (tmp_path / "saved_model/2").mkdir()
    (tmp_path / "saved_model/2/saved_model.pb").touch()
    with pytest.raises(DocumentUnusable, match="not a file of the exported model"):
        _check_export(str(tmp_path))


def test_changed_artifacts_are_detected(run: RunContext) -> None:
    evaluate(run)
    records = open_attempt_records(run.output, run.search_id)
    records.check_unchanged("export")
    change(run, CHANGES[0])
    with pytest.raises(DocumentUnusable, match="changed since the attempt ended"):
        records.check_unchanged("export")
