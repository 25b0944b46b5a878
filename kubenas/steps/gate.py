"""The promotion decision: evaluates the champion on the challenger's test split and compares both.

:mod:`kubenas.serving.gate` contains the rule. ``decision.json`` in the search's folder contains the
decision.
"""

from collections.abc import Sequence
from contextlib import suppress

from kubenas.config import PromotionConfig
from kubenas.data.dataset.schema import DataSchema, read_schema
from kubenas.errors import DocumentUnusable, ObjectNotFound, SearchFailed, StorageError, UserError
from kubenas.search.layout import search_folder
from kubenas.serving.champion import (
    ChampionLog,
    ChampionModel,
    ChampionRecord,
    current_champion,
)
from kubenas.serving.gate import (
    Challenger,
    Decision,
    EvaluatedChampion,
    Ground,
    NoComparison,
    compare,
    decide,
)
from kubenas.steps.evaluated_model import EvaluatedModel, evaluation_check, read_evaluated_model
from kubenas.steps.export import check_export_unchanged
from kubenas.steps.model_task import ModelTask, run_model_task
from kubenas.steps.process import StatusWriter
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, open_storage, split
from kubenas.storage.document import find_document
from kubenas.trial import Task


def decide_promotion(
    context: RunContext, challenger: EvaluatedModel, status: StatusWriter
) -> Decision:
    """Decides on the model of ``context``, or returns an earlier decision that is still valid.

    Raises:
        UserError: The champion log is unreadable.
    """
    output, search, rule = context.output, context.search_id, context.config.promotion
    history = ChampionLog(output).history()
    current = current_champion(history)
    earlier = read_decision(output, search)
    no_comparison = decide_without_comparison(current, history, context)
    if earlier is not None and is_still_valid(earlier, no_comparison, current, rule):
        return earlier
    champion: EvaluatedChampion | NoComparison | None = no_comparison
    if no_comparison is None and current is not None:
        champion = _evaluate_champion(current, challenger, context, status)
    recalls = {
        scores.name: scores.recall for scores in challenger.evaluation.classes if scores.support
    }
    decision = decide(
        rule,
        Challenger(challenger.metrics, recalls),
        champion,
        against=current.number if current else None,
    )
    output.write(_file(search), decision.to_json())
    return decision


def read_decision(output: Storage, search: str) -> Decision | None:
    """Returns the decision on a search's model; None if there is none yet."""
    return find_document(output, _file(search), Decision, what="a decision")


def is_still_valid(
    decision: Decision,
    no_comparison: NoComparison | None,
    current: ChampionRecord | None,
    rule: PromotionConfig,
) -> bool:
    """Whether an earlier decision on the same model is still valid, as in a resumed run.

    Args:
        decision: The earlier decision.
        no_comparison: Reason to decide without a comparison, if there is one now.
        current: Promotion of the current champion.
        rule: The current rule.
    """
    if no_comparison is not None:  # cheap to decide again, except after a promotion
        return no_comparison.ground is Ground.PRESENT and decision.verdict == "promote"
    if decision.ground in {Ground.UNUSABLE, Ground.MISSING}:
        return False  # the champion may be available again
    against = current.number if current else None
    return (decision.rule, decision.against) == (rule, against)


def decide_without_comparison(
    current: ChampionRecord | None, history: Sequence[ChampionRecord], context: RunContext
) -> NoComparison | None:
    """Returns the reason to decide without a comparison; None if a comparison is needed."""
    search, mode = context.search_id, context.config.promotion.mode
    if current is not None and current.model.search == search:
        return NoComparison(Ground.PRESENT, f"the model is in production (record {current.number})")
    own_records = [record.number for record in history if record.model.search == search]
    if own_records:
        return NoComparison(
            Ground.FORMER,
            f"the model is a former champion (record {own_records[0]}) that was replaced or rolled"
            f" back; to promote it again, run 'kubenas champion rollback --to {own_records[0]}'",
        )
    if mode == "never":
        return NoComparison(Ground.OFF, "promotion.mode is never")
    if mode == "always":
        return NoComparison(
            Ground.FORCED, "promotion.mode is always, and the model meets the limits"
        )
    return None


def _evaluate_champion(
    current: ChampionRecord, challenger: EvaluatedModel, context: RunContext, status: StatusWriter
) -> EvaluatedChampion | NoComparison:
    """Evaluates the champion on the test split of ``context``, or returns why it cannot."""
    model = current.model
    exported = _exported(model)
    if exported is None:
        return NoComparison(
            Ground.MISSING,
            f"the champion's model is missing ({model.saved_model}): restore it, roll back to an"
            " existing model, or set promotion.mode to always for one run",
        )
    schema = read_schema(open_storage(context.dataset))
    if differences := _differences(current, schema):
        return NoComparison(
            Ground.INCOMPATIBLE,
            f"the model is not compatible with clients of the champion: {differences}; to promote"
            " it, set promotion.mode to always for one run",
        )
    if moved := _changed_splits(current, schema):
        return NoComparison(
            Ground.INCOMPATIBLE,
            f"the champion may have been trained on the test examples: {moved}; to promote the"
            " model, set promotion.mode to always for one run",
        )
    status.write("evaluating the champion")
    check = evaluation_check(schema)
    what = ModelTask(
        task=Task.EVALUATE,
        stage="champion",
        folder=f"champion/{current.number:05d}",
        trial=model.trial,
        space=model.space,
        model=exported,
        check=check,
    )
    try:
        _check_champion(context.output, model)
        evaluated = read_evaluated_model(run_model_task(what, context, status), check)
    except DocumentUnusable as error:
        return NoComparison(
            Ground.UNUSABLE,
            f"the champion's files are invalid: {error}; or set promotion.mode to always for one"
            " run",
        )
    except StorageError:
        raise
    except (SearchFailed, UserError) as error:
        return NoComparison(
            Ground.UNUSABLE,
            f"the champion could not be evaluated: {error}; fix this and run again, or set"
            " promotion.mode to always for one run",
        )
    confidence = context.config.promotion.confidence
    comparison = compare(challenger.correct, evaluated.correct, confidence=confidence)
    return EvaluatedChampion(evaluated.metrics, comparison, recorded=model.test)


def _check_champion(output: Storage, model: ChampionModel) -> None:
    """Verifies the checksums of the champion's model if its search still exists.

    Raises:
        DocumentUnusable: The model was modified.
    """
    with suppress(ObjectNotFound):
        check_export_unchanged(output, model.search)


def _exported(model: ChampionModel) -> str | None:
    """Returns the URI of the SavedModel or else of model.keras; None if both are missing."""
    if open_storage(model.saved_model).exists("1/saved_model.pb"):
        return model.saved_model
    folder, name = split(model.keras_model or "")
    return model.keras_model if name and open_storage(folder).exists(name) else None


def _differences(current: ChampionRecord, schema: DataSchema) -> str:
    """Describes the differences of classes and input shape; empty if there are none."""
    model, found = current.model, []
    if schema.classes != model.labels:
        added = [name for name in schema.classes if name not in model.labels]
        gone = [name for name in model.labels if name not in schema.classes]
        found += [f"new classes: {', '.join(added)}"] if added else []
        found += [f"missing classes: {', '.join(gone)}"] if gone else []
        found += [] if added or gone else ["the order of the classes has changed"]
    if schema.input_shape != model.input_shape:
        new, old = map(_by, (schema.input_shape, model.input_shape))
        found.append(f"input shape {new or 'of a text'} instead of {old or 'that of a text'}")
    return "; ".join(found)


def _changed_splits(current: ChampionRecord, schema: DataSchema) -> str:
    """Describes a change of the splits that the source gives; empty if there is none.

    Splits by content keep earlier examples in their split, and so does a source with its own. An
    example may move when one replaces the other. Champion data that are gone are not compared.
    """
    try:
        before = read_schema(open_storage(current.model.dataset)).own_splits
    except (DocumentUnusable, ObjectNotFound):
        return ""
    if before == schema.own_splits:
        return ""
    old, new = (", ".join(splits) or "none" for splits in (before, schema.own_splits))
    return f"the source's own splits have changed (champion: {old}; now: {new})"


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))  # noqa: RUF001


def _file(search: str) -> str:
    return f"{search_folder(search)}/decision.json"
