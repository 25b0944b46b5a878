"""Step 7: hands the new model over to serving and records it in the champion log.

A run that was killed at any point can be repeated.
"""

import time
from dataclasses import dataclass

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import UserError
from kubenas.search.layout import search_folder
from kubenas.serving.champion import (
    ChampionChanged,
    ChampionLog,
    ChampionModel,
    ChampionRecord,
    current_champion,
    promotion_record,
)
from kubenas.serving.champion_change import change_champion
from kubenas.serving.gate import Decision
from kubenas.serving.handoff import hand_over
from kubenas.serving.handoff_result import Handoff
from kubenas.steps.export import (
    check_export_unchanged,
    exported_keras_model,
    exported_model,
)
from kubenas.steps.gate import read_decision
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.report.report_input import read_report_input
from kubenas.steps.report.writing import refresh_summary, write_report
from kubenas.steps.retrain import read_choice
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import find_document


@dataclass(frozen=True)
class PromoteResult:
    """The record of the new champion and the result of its hand-over."""

    record: ChampionRecord
    handoff: Handoff


def promote(context: RunContext) -> PromoteResult:
    """Makes the model of ``context`` the champion unless it already is.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output, search = context.output, context.search_id
    with running_step("promote", output, key=search):
        StatusWriter(output, "promote", search=search)
        done = _promote(context)
        html = write_report(output, read_report_input(output, search, finished=True)).html
    refresh_summary(output, search, html)
    return done


def read_handoff(output: Storage, search: str) -> Handoff | None:
    """Returns the result of the hand-over of a search's model; None if there was none."""
    return find_document(output, _file(search), Handoff, what="a hand-over result")


def _promote(context: RunContext) -> PromoteResult:
    output, search, config = context.output, context.search_id, context.config
    history = ChampionLog(output).history()
    current = current_champion(history)
    if current is not None and current.model.search == search:
        # An earlier run was killed after the promotion, perhaps before it wrote the result.
        handoff = read_handoff(output, search) or hand_over(
            current, config.serving, name=config.name, output=output
        )
        return _write_result(output, search, PromoteResult(current, handoff))
    decision = read_decision(output, search)
    if decision is None or decision.verdict != "promote":
        raise UserError(
            f"{output.uri}: there is no decision to promote the model of {search}; run the steps in"
            " order"
        )
    if decision.against != (current.number if current else None):
        raise ChampionChanged(
            f"{output.uri}: the champion has changed since the decision; run the same command"
            " again to decide against the new champion"
        )
    check_export_unchanged(output, search)
    record = promotion_record(
        history, _model(context, decision), why=decision.reason, at=time.time()
    )
    handoff = change_champion(record, config.serving, name=config.name, output=output)
    return _write_result(output, search, PromoteResult(record, handoff))


def _write_result(output: Storage, search: str, done: PromoteResult) -> PromoteResult:
    output.write(_file(search), done.handoff.to_json())
    return done


def _model(context: RunContext, decision: Decision) -> ChampionModel:
    output, search = context.output, context.search_id
    choice = read_choice(output, search)
    saved = exported_model(output, search)
    if choice is None or saved is None:
        raise UserError(f"{output.uri}: no model has been exported yet; run the steps in order")
    schema = read_schema(open_storage(context.dataset))
    return ChampionModel(
        search=search,
        trial=choice.chosen.trial,
        saved_model=saved,
        keras_model=exported_keras_model(output, search),
        space=context.space,
        labels=schema.classes,
        input_shape=schema.input_shape,
        dataset=context.dataset,
        dataset_digest=context.dataset_digest,
        test=decision.challenger,
    )


def _file(search: str) -> str:
    return f"{search_folder(search)}/handoff.json"
