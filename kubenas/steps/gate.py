"""The decision on a new model: the champion is evaluated on the same test split, then
:mod:`kubenas.serving.gate.gate` decides. ``decision.json`` beside the search keeps it."""

from collections.abc import Sequence
from contextlib import suppress

from kubenas.config import PromotionConfig
from kubenas.data.dataset.schema import read_schema
from kubenas.errors import DocumentUnusable, ObjectNotFound, SearchFailed, StorageError, UserError
from kubenas.search.layout import search_folder
from kubenas.serving.champion import (
    ChampionLog,
    ChampionModel,
    ChampionRecord,
    present_champion,
)
from kubenas.serving.gate import Challenger, Decision, Ground, Opponent, Settled, compare, decide
from kubenas.steps.contender import Contender, evaluation_check, read_contender
from kubenas.steps.export import check_export_unchanged
from kubenas.steps.model_task import ModelTask, run_model_task
from kubenas.steps.process import StatusWriter
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, open_storage, split
from kubenas.storage.document import find_document
from kubenas.trial import Task


def decided(context: RunContext, challenger: Contender, status: StatusWriter) -> Decision:
    """The decision on the model of ``context``: the earlier one if it still holds, else a new one.

    Raises:
        UserError: the champion log cannot be read.
    """
    output, search, rule = context.output, context.search_id, context.config.promotion
    history = ChampionLog(output).history()
    present = present_champion(history)
    earlier = read_decision(output, search)
    settled = settled_without_comparison(present, history, context)
    if earlier is not None and still_holds(earlier, settled, present, rule):
        return earlier
    opponent: Opponent | Settled | None = settled
    if settled is None and present is not None:
        opponent = _opponent(present, challenger, context, status)
    recalls = {
        scores.name: scores.recall for scores in challenger.evaluation.classes if scores.support
    }
    decision = decide(
        rule,
        Challenger(challenger.figures, recalls),
        opponent,
        against=present.number if present else None,
    )
    output.write(_file(search), decision.to_json())
    return decision


def read_decision(output: Storage, search: str) -> Decision | None:
    """The decision on a search's model; None if there is none yet."""
    return find_document(output, _file(search), Decision, what="a decision")


def still_holds(
    decision: Decision,
    settled: Settled | None,
    present: ChampionRecord | None,
    rule: PromotionConfig,
) -> bool:
    """Whether an earlier decision on the same model need not be made again, as in a resumed run.

    Args:
        decision: the earlier one.
        settled: what settles it now without a comparison.
        present: the promotion of the champion now.
        rule: as it is now.
    """
    if settled is not None:  # what promoted it stays its ground; all else is decided as cheaply
        return settled.ground is Ground.PRESENT and decision.verdict == "promote"
    if decision.ground in {Ground.UNUSABLE, Ground.MISSING}:
        return False  # someone may have mended it
    against = present.number if present else None
    return (decision.rule, decision.against) == (rule, against)


def settled_without_comparison(
    present: ChampionRecord | None, history: Sequence[ChampionRecord], context: RunContext
) -> Settled | None:
    """What settles the decision before anything is compared; None: nothing does."""
    search, mode = context.search_id, context.config.promotion.mode
    if present is not None and present.model.search == search:
        return Settled(Ground.PRESENT, f"it is in production, by record {present.number}")
    mine = [record.number for record in history if record.model.search == search]
    if mine:
        return Settled(
            Ground.FORMER,
            f"it was the champion by record {mine[0]} and was replaced or rolled back; 'kubenas"
            f" champion rollback --to {mine[0]}' makes it the champion again",
        )
    if mode == "never":
        return Settled(Ground.OFF, "promotion.mode is never")
    if mode == "always":
        return Settled(Ground.FORCED, "promotion.mode is always, and the limits hold")
    return None


def _opponent(
    present: ChampionRecord, challenger: Contender, context: RunContext, status: StatusWriter
) -> Opponent | Settled:
    """The champion on the test split of ``context``, or why it cannot be told."""
    model = present.model
    exported = _exported(model)
    if exported is None:
        return Settled(
            Ground.MISSING,
            f"the champion's model is gone ({model.saved_model}), so nothing can be compared:"
            " restore it, roll back to one that is there, or set promotion.mode to always once",
        )
    if differences := _differences(present, context):
        return Settled(
            Ground.INCOMPATIBLE,
            f"its clients would get another model than they know: {differences}; set"
            " promotion.mode to always once to promote it",
        )
    status.write("evaluating the champion")
    check = evaluation_check(read_schema(open_storage(context.dataset)))
    what = ModelTask(
        task=Task.EVALUATE,
        stage="champion",
        folder=f"champion/{present.number:05d}",
        trial=model.trial,
        space=model.space,
        model=exported,
        check=check,
    )
    try:
        _check_champion(context.output, model)
        tested = read_contender(run_model_task(what, context, status), check)
    except DocumentUnusable as error:
        return Settled(
            Ground.UNUSABLE,
            f"what is left of the champion is not to be trusted: {error}; or set promotion.mode to"
            " always once",
        )
    except StorageError:
        raise
    except (SearchFailed, UserError) as error:
        return Settled(
            Ground.UNUSABLE,
            f"the champion could not be evaluated: {error}; mend that and run again, or set"
            " promotion.mode to always once",
        )
    confidence = context.config.promotion.confidence
    comparison = compare(challenger.right, tested.right, confidence=confidence)
    return Opponent(tested.figures, comparison, recorded=model.test)


def _check_champion(output: Storage, model: ChampionModel) -> None:
    """Checks that the champion's model is what was exported, where its search is still there.

    Raises:
        DocumentUnusable: it is not.
    """
    with suppress(ObjectNotFound):
        check_export_unchanged(output, model.search)


def _exported(model: ChampionModel) -> str | None:
    """URI of its SavedModel, or of its model.keras where only that is left; None: it is gone."""
    if open_storage(model.saved_model).exists("1/saved_model.pb"):
        return model.saved_model
    folder, name = split(model.keras_model or "")
    return model.keras_model if name and open_storage(folder).exists(name) else None


def _differences(present: ChampionRecord, context: RunContext) -> str:
    """What clients would notice, in words."""
    schema, model = read_schema(open_storage(context.dataset)), present.model
    found = []
    if schema.classes != model.labels:
        added = [name for name in schema.classes if name not in model.labels]
        gone = [name for name in model.labels if name not in schema.classes]
        found += [f"classes {', '.join(added)} are new"] if added else []
        found += [f"classes {', '.join(gone)} are gone"] if gone else []
        found += [] if added or gone else ["its classes are in another order"]
    if schema.shape != model.input_shape:
        found.append(f"pictures are {_by(schema.shape)}, they were {_by(model.input_shape)}")
    return " and ".join(found)


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))  # noqa: RUF001


def _file(search: str) -> str:
    return f"{search_folder(search)}/decision.json"
