"""Promotion decisions: their inputs, and when they are reused."""

from pathlib import Path
from typing import Any

import pytest

from kubenas.data.dataset.schema import SCHEMA_FILE, read_schema
from kubenas.search.layout import search_folder
from kubenas.serving.champion import ChampionLog, rollback_record
from kubenas.serving.gate.gate import Decision, Ground
from kubenas.steps.evaluate import evaluate, evaluation_metrics
from kubenas.steps.process.outcome import read_outcome
from kubenas.steps.promote import promote
from kubenas.steps.report.writing import report
from kubenas.steps.setup.context import RunContext
from kubenas.storage import open_storage
from tests.unit.steps.finished_runs import correct_examples, finished_run, write_evaluation


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "out")


def first_champion(root: str) -> RunContext:
    context = finished_run(root, 1, correct_examples(1800))
    evaluate(context)
    report(context)
    promote(context)
    return context


def write_champion_evaluation(context: RunContext, **model: Any) -> None:
    """Writes an evaluation of the first champion on the data of ``context``."""
    write_evaluation(
        context.output, context.search_id, "champion/00001", correct_examples(1800), **model
    )


def decision_of(context: RunContext, **rule: Any) -> Decision:
    promotion = context.config.promotion.model_copy(update=rule)
    config = context.config.model_copy(update={"promotion": promotion})
    return evaluate(context.model_copy(update={"config": config})).decision


def test_first_model_is_promoted_and_resuming_keeps_the_decision(
    root: str,
) -> None:
    context = finished_run(root, 1, correct_examples(1800))
    decision = decision_of(context)
    assert (decision.ground, decision.against) == (Ground.FIRST, None)
    assert decision_of(context) == decision
    report(context)
    record = promote(context).record
    assert decision_of(context) == decision
    assert decision_of(context, margin=0.2) == decision
    assert promote(context).record == record
    assert len(ChampionLog(context.output).history()) == 1


def test_better_model_is_compared_on_its_own_test_split_and_promoted(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1860))
    write_champion_evaluation(context)  # found: evaluating what is no model would fail
    done = evaluate(context)
    assert done.decision.ground is Ground.BETTER
    assert evaluation_metrics(done)["gain_over_champion"] == pytest.approx(0.03)
    outcome = read_outcome(context.output, "promote")
    assert outcome is not None
    assert outcome.state == "due"
    page = report(context).html_text
    assert "Promotion is pending: better: +3.00 percentage points" in page
    record = promote(context).record
    assert (record.number, record.replaced, record.why) == (2, 1, done.decision.reason)
    page = context.output.read("report.html").decode()
    assert "Promoted (record 2 of the champion log): better" in page


def test_rejected_model_skips_the_promote_step(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1700))
    write_champion_evaluation(context)
    assert decision_of(context).ground is Ground.WORSE
    outcome = read_outcome(context.output, "promote")
    assert outcome is not None
    assert outcome.state == "skipped"
    with pytest.raises(SystemExit):
        promote(context)
    assert len(ChampionLog(context.output).history()) == 1


def test_cheaper_model_is_detected_from_the_evaluation_metrics(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1800))
    write_champion_evaluation(context, parameters=150)
    assert decision_of(context).ground is Ground.CHEAPER


def test_new_rule_or_new_champion_causes_a_new_decision(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1815))
    write_champion_evaluation(context)
    assert decision_of(context).ground is Ground.NOT_BETTER
    assert decision_of(context, margin=0.005).ground is Ground.BETTER
    assert decision_of(context, mode="never").ground is Ground.OFF
    assert decision_of(context, mode="always").ground is Ground.FORCED
    other = finished_run(root, 3, correct_examples(1700))
    decision_of(other, mode="always")
    promote(other)
    write_evaluation(context.output, context.search_id, "champion/00002", correct_examples(1700))
    decision = decision_of(context)
    assert (decision.ground, decision.against) == (Ground.BETTER, 2)


@pytest.mark.parametrize("back", ["saved_model/1/saved_model.pb", "model.keras"])
def test_missing_champion_is_kept_until_it_is_restored(root: str, back: str) -> None:
    champion = first_champion(root)
    folder = f"{search_folder(champion.search_id)}/export/a1"
    for name in ("saved_model/1/saved_model.pb", "model.keras"):
        champion.output.delete(f"{folder}/{name}")
    context = finished_run(root, 2, correct_examples(1860))
    write_champion_evaluation(context)
    decision = decision_of(context)
    assert (decision.ground, decision.verdict) == (Ground.MISSING, "keep")
    assert f"the champion's model is missing ({root}/{folder}/saved_model)" in decision.reason
    assert decision_of(context, mode="always").verdict == "promote"
    champion.output.write(f"{folder}/{back}", b"no model")
    assert decision_of(context).ground is Ground.BETTER


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"classes": ("no", "yes", "perhaps")}, "new classes: perhaps"),
        ({"classes": ("no", "maybe")}, "new classes: maybe; missing classes: yes"),
        ({"classes": ("yes", "no")}, "the order of the classes has changed"),
        ({"shape": (4, 2, 1)}, "input shape 4×2×1 instead of 2×2×1"),  # noqa: RUF001
    ],
)
def test_incompatible_model_is_not_promoted(
    root: str, changes: dict[str, Any], reason: str
) -> None:
    first_champion(root)
    decision = decision_of(finished_run(root, 2, correct_examples(1900), **changes))
    assert (decision.ground, decision.verdict) == (Ground.INCOMPATIBLE, "keep")
    assert reason in decision.reason


def test_models_are_not_compared_on_other_splits_than_the_champions(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1900))
    dataset = open_storage(context.dataset)
    schema = read_schema(dataset).model_copy(update={"own_splits": ("train", "test")})
    dataset.write(SCHEMA_FILE, schema.to_json())
    decision = decision_of(context)
    assert (decision.ground, decision.verdict) == (Ground.INCOMPATIBLE, "keep")
    assert "own splits have changed (champion: none; now: train, test)" in decision.reason
    assert decision_of(context, mode="always").verdict == "promote"


def test_champion_that_cannot_be_evaluated_is_kept_and_retried(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1900))
    decision = decision_of(context)  # in a real trial process
    assert (decision.ground, decision.verdict) == (Ground.UNUSABLE, "keep")
    assert "the champion could not be evaluated" in decision.reason
    write_champion_evaluation(context)
    assert decision_of(context).ground is Ground.BETTER


def test_rolled_back_model_is_not_promoted_again(root: str) -> None:
    first_champion(root)
    context = finished_run(root, 2, correct_examples(1860))
    write_champion_evaluation(context)
    evaluate(context)
    promote(context)
    log = ChampionLog(context.output)
    log.append(rollback_record(log.history(), why="complaints", at=1.0))
    for mode in ("auto", "always"):
        decision = decision_of(context, mode=mode)
        assert (decision.ground, decision.verdict) == (Ground.FORMER, "keep")
        page = report(context).html_text
        assert (
            "Not promoted, the champion stays in production:"
            " the model is a former champion (record 2)" in page
        )
    assert len(log.history()) == 3
