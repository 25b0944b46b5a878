"""Step 7: the new model goes into production, and the champion log says so.

Appending the record is all or nothing: killed before, the champion is the one that it was; killed
after, a rerun finds the record.
"""

import time

from kubenas.data.schema import read_schema
from kubenas.errors import UserError
from kubenas.serving.champion import (
    ChampionChanged,
    ChampionLog,
    ChampionModel,
    ChampionRecord,
    promoted,
    promotion,
)
from kubenas.serving.gate import Decision
from kubenas.steps.context import RunContext
from kubenas.steps.export import exported_keras_model, exported_model
from kubenas.steps.gate import read_decision
from kubenas.steps.outcome import running_step
from kubenas.steps.report import refresh_summary, write_report
from kubenas.steps.report_material import gather
from kubenas.steps.retrain import read_choice
from kubenas.steps.status import StatusWriter
from kubenas.storage import open_storage


def promote(context: RunContext) -> ChampionRecord:
    """Makes the model of ``context`` the champion, as was decided; does so once.

    Raises:
        SystemExit: after a mistake or failure, as :func:`running_step` tells.
    """
    output, search = context.output, context.search_id
    with running_step("promote", output, key=search):
        StatusWriter(output, "promote", search=search)
        record = _promoted(context)
        html = write_report(output, gather(output, search, finished=True)).html
    refresh_summary(output, search, html)
    return record


def _promoted(context: RunContext) -> ChampionRecord:
    output, search = context.output, context.search_id
    log = ChampionLog(output)
    history = log.history()
    present = promoted(history, history[-1]) if history else None
    if present is not None and present.model.search == search:
        return present
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
    model = _model(context, decision)
    record = promotion(history, model, why=decision.reason, at=time.time())
    log.append(record)
    return record


def _model(context: RunContext, decision: Decision) -> ChampionModel:
    output, search = context.output, context.search_id
    choice = read_choice(output, search)
    saved, keras = exported_model(output, search), exported_keras_model(output, search)
    if choice is None or saved is None or keras is None:
        raise UserError(f"{output.uri}: nothing has been exported yet; run the steps in order")
    schema = read_schema(open_storage(context.dataset))
    return ChampionModel(
        search=search,
        trial=choice.chosen.trial,
        saved_model=saved,
        keras_model=keras,
        space=context.space,
        labels=schema.classes,
        input_shape=schema.shape,
        dataset=context.dataset,
        dataset_digest=context.dataset_digest,
        test=decision.challenger,
    )
