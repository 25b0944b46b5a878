"""The promote step: crashes, lost races and models that fail in serving."""

import subprocess
import sys
from pathlib import Path

import pytest

import kubenas.serving.champion_change
from kubenas.search.layout import search_folder
from kubenas.serving.champion import ChampionLog, ChampionRecord
from kubenas.serving.handoff_result import Handoff
from kubenas.steps.evaluate import evaluate
from kubenas.steps.process.outcome import read_outcome
from kubenas.steps.promote import promote, read_handoff
from kubenas.steps.report.summary import read_summary
from kubenas.steps.report.writing import report
from kubenas.steps.setup.context import RunContext
from tests.unit.serving.champions import record as another
from tests.unit.steps.finished_runs import correct_examples, finished_run

KILLED_EVERYWHERE = """
# Each promotion is a process that is killed before one more write than the last one.
import itertools, os, signal, sys
from kubenas.serving.champion import ChampionLog
from kubenas.steps.setup.context import RunContext
from kubenas.steps.promote import promote
from kubenas.storage.directory import DirectoryStorage

def deadly(write):
    def count_down(storage, name, data):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        write(storage, name, data)
    return count_down

context = RunContext.from_json(sys.argv[1].encode())
log = ChampionLog(context.output)
for left in itertools.count():
    child = os.fork()
    if child == 0:
        for name in ("write", "create"):
            setattr(DirectoryStorage, name, deadly(getattr(DirectoryStorage, name)))
        promote(context)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(*[record.to_json().decode() for record in log.history()])
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    config = {"serving": {"kind": "kserve"}}
    run = finished_run(str(tmp_path / "out"), 1, correct_examples(1800), config=config)
    evaluate(run)
    report(run)
    return run


def test_promotion_killed_at_any_write_can_be_repeated(
    context: RunContext,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_EVERYWHERE, context.to_json()],
        check=True,
        capture_output=True,
        text=True,
    )
    champions = done.stdout.splitlines()
    (record,) = ChampionLog(context.output).history()
    assert set(champions) == {"", record.to_json().decode()}
    assert champions == sorted(champions)
    assert champions.count("") > 3
    assert record.model.search == context.search_id
    outcome, summary = read_outcome(context.output, "promote"), read_summary(context.output)
    assert outcome is not None
    assert outcome.state == "done"
    assert summary is not None
    assert summary.promotion is not None
    assert summary.promotion.record == 1
    handoff = read_handoff(context.output, context.search_id)
    assert handoff is not None
    assert handoff.state == "written"
    export = f"{search_folder(context.search_id)}/export/a1"
    assert context.output.exists(f"{export}/inference_service.yaml")


def test_outdated_decision_changes_nothing_and_is_made_again(
    context: RunContext, capsys: pytest.CaptureFixture[str]
) -> None:
    log, other = ChampionLog(context.output), another(1, context.output.uri)
    log.append(other)
    with pytest.raises(SystemExit) as stopped:
        promote(context)
    assert stopped.value.code == 1
    assert "the champion has changed since the decision" in capsys.readouterr().err
    assert log.history() == [other]
    assert evaluate(context).decision.against == 1


def test_lost_race_restores_the_service_of_the_other_champion(
    context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, served = ChampionLog(context.output), []

    def serve(record: ChampionRecord, *_: object, **__: object) -> Handoff:
        if not served:
            log.append(another(1))
        served.append(record.model.search)
        return Handoff(state="served", message="served")

    monkeypatch.setattr(kubenas.serving.champion_change, "hand_over", serve)
    with pytest.raises(SystemExit):
        promote(context)
    assert served == [context.search_id, another().model.search]
    assert log.history() == [another(1)]


def test_model_that_fails_in_serving_is_not_promoted(
    context: RunContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ChampionLog(context.output)
    log.append(another(1))

    def refuse(*_: object, **__: object) -> Handoff:
        return Handoff(state="rolled-back", message="it answers wrongly")

    monkeypatch.setattr(kubenas.serving.champion_change, "hand_over", refuse)
    config = context.config
    always = config.promotion.model_copy(update={"mode": "always"})
    forced = context.model_copy(update={"config": config.model_copy(update={"promotion": always})})
    assert evaluate(forced).decision.verdict == "promote"
    with pytest.raises(SystemExit):
        promote(forced)
    outcome = read_outcome(context.output, "promote")
    assert outcome is not None
    assert outcome.message == "not promoted, the champion is unchanged: it answers wrongly"
    assert [record.number for record in log.history()] == [1]
