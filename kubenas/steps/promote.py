"""Step 7: the new model goes into production, and the champion log says so.

It is served first, then entered; killed at any point, a rerun finds what has been done.
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
from kubenas.steps.report import read_report_input, refresh_summary, write_report
from kubenas.steps.retrain import read_choice
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import find_document


@dataclass(frozen=True)
class PromoteResult:
    """The new champion, and what serving made of it."""

    record: ChampionRecord
    handoff: Handoff


def promote(context: RunContext) -> PromoteResult:
    """Makes the model of ``context`` the champion, as was decided; does so once.

    Raises:
        SystemExit: after a mistake or failure, as :func:`running_step` tells.
    """
    output, search = context.output, context.search_id
    with running_step("promote", output, key=search):
        StatusWriter(output, "promote", search=search)
        done = _promoted(context)
        html = write_report(output, read_report_input(output, search, finished=True)).html
    refresh_summary(output, search, html)
    return done


def read_handoff(output: Storage, search: str) -> Handoff | None:
    """What serving made of a search's model; None: it was not handed over."""
    return find_document(output, _file(search), Handoff, what="a handover")


def _promoted(context: RunContext) -> PromoteResult:
    output, search, config = context.output, context.search_id, context.config
    history = ChampionLog(output).history()
    present = current_champion(history)
    if present is not None and present.model.search == search:
        # Serving has it: what is missing after a kill is what was said about it.
        handoff = read_handoff(output, search) or hand_over(
            present, config.serving, name=config.name, output=output
        )
        return _told(output, search, PromoteResult(present, handoff))
    decision = read_decision(output, search)
    if decision is None or decision.verdict != "promote":
        raise UserError(
            f"{output.uri}: it was not decided to promote the model of {search}; run the steps in"
            " order"
        )
    if decision.against != (present.number if present else None):
        raise ChampionChanged(
            f"{output.uri}: the champion has changed since the decision; run the same command"
            " again, which decides anew"
        )
    check_export_unchanged(output, search)
    record = promotion_record(
        history, _model(context, decision), why=decision.reason, at=time.time()
    )
    handoff = change_champion(record, config.serving, name=config.name, output=output)
    return _told(output, search, PromoteResult(record, handoff))


def _told(output: Storage, search: str, done: PromoteResult) -> PromoteResult:
    output.write(_file(search), done.handoff.to_json())
    return done


def _model(context: RunContext, decision: Decision) -> ChampionModel:
    output, search = context.output, context.search_id
    choice = read_choice(output, search)
    saved = exported_model(output, search)
    if choice is None or saved is None:
        raise UserError(f"{output.uri}: nothing has been exported yet; run the steps in order")
    schema = read_schema(open_storage(context.dataset))
    return ChampionModel(
        search=search,
        trial=choice.chosen.trial,
        saved_model=saved,
        keras_model=exported_keras_model(output, search),
        space=context.space,
        labels=schema.classes,
        input_shape=schema.shape,
        dataset=context.dataset,
        dataset_digest=context.dataset_digest,
        test=decision.challenger,
    )


def _file(search: str) -> str:
    return f"{search_folder(search)}/handoff.json"
