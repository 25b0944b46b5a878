"""The exported model on the test split, which took no part so far, and what follows from
it for the model in production."""

from dataclasses import dataclass
from typing import Literal

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import UserError
from kubenas.search.attempts import open_attempt_records
from kubenas.search.layout import search_folder
from kubenas.serving.gate import Decision, Verdict
from kubenas.steps.contender import EvaluationCheck, evaluation_check, read_contender
from kubenas.steps.export import exported_model
from kubenas.steps.gate import decided
from kubenas.steps.model_task import ModelTask, run_model_task
from kubenas.steps.process import StatusWriter, expect_step, is_done, running_step
from kubenas.steps.retrain import read_choice
from kubenas.steps.setup import RunContext, settled
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import find_document
from kubenas.training.evaluation import EVALUATION_FILE, Evaluation
from kubenas.trial import Task

_STEP, _NEXT = "evaluate", "promote"


@dataclass(frozen=True)
class Evaluated:
    """How good the model is, and whether that is good enough."""

    evaluation: Evaluation
    decision: Decision
    next: Verdict | Literal["promoted"]
    """The decision's verdict; promoted: the model is in production, and serving has been told."""


def evaluate(context: RunContext) -> Evaluated:
    """Evaluates the exported model once and decides on its promotion.

    A finished evaluation is taken as it is, and so is a decision as long as rule and champion are
    those that it was made on.

    Raises:
        SystemExit: after a mistake or failure, as :func:`running_step` tells.
    """
    output, search = context.output, context.search_id
    with running_step(_STEP, output, key=search):
        context = settled(context)
        status = StatusWriter(output, _STEP, search=search)
        check = evaluation_check(read_schema(open_storage(context.dataset)))
        tested = read_contender(run_model_task(_task(context, check), context, status), check)
        decision = decided(context, tested, status)
        expect_step(output, _NEXT, key=search, due=decision.verdict == "promote")
        done = is_done(output, _NEXT, key=search)
        return Evaluated(tested.evaluation, decision, "promoted" if done else decision.verdict)


def read_evaluation(output: Storage, search: str) -> Evaluation | None:
    """The evaluation of a search's model; None if there is none yet.

    Raises:
        DocumentUnusable: it cannot be read, or has been changed since it was made.
    """
    records = open_attempt_records(output, search)
    attempt = records.finished(_STEP)
    if attempt is None:
        return None
    records.check_unchanged(_STEP)
    name = f"{search_folder(search)}/{_STEP}/a{attempt}/{EVALUATION_FILE}"
    return find_document(output, name, Evaluation, what="an evaluation")


def scalars(evaluated: Evaluated) -> dict[str, float]:
    """The figures by which runs are compared, by name."""
    evaluation, comparison = evaluated.evaluation, evaluated.decision.comparison
    interval = evaluation.accuracy_interval
    figures = {
        "test_accuracy": evaluation.accuracy,
        "test_accuracy_low": interval.low,
        "test_accuracy_high": interval.high,
        "test_loss": evaluation.loss,
        "test_macro_f1": evaluation.macro_f1,
    }
    if comparison is not None:
        figures |= {
            "gain_over_champion": comparison.difference,
            "gain_over_champion_low": comparison.low,
            "gain_over_champion_high": comparison.high,
        }
    return figures


def _task(context: RunContext, check: EvaluationCheck) -> ModelTask:
    output, search = context.output, context.search_id
    choice, model = read_choice(output, search), exported_model(output, search)
    if choice is None or model is None:
        raise UserError(f"{output.uri}: nothing has been exported yet; run the steps in order")
    return ModelTask(
        task=Task.EVALUATE,
        stage=_STEP,
        folder=_STEP,
        trial=choice.chosen.trial,
        space=context.space,
        model=model,
        check=check,
    )
