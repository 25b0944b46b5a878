"""Step 5: evaluates the exported model on the test split and decides on its promotion."""

from dataclasses import dataclass
from typing import Literal

from kubenas.data.dataset.schema import read_schema
from kubenas.errors import UserError
from kubenas.search.attempts import open_attempt_records
from kubenas.search.layout import search_folder
from kubenas.serving.gate import Decision, Verdict
from kubenas.steps.evaluated_model import EvaluationCheck, evaluation_check, read_evaluated_model
from kubenas.steps.export import exported_model
from kubenas.steps.gate import decide_promotion
from kubenas.steps.model_task import ModelTask, run_model_task
from kubenas.steps.process import StatusWriter, is_step_done, plan_step, running_step
from kubenas.steps.retrain import Choice, read_choice, training_spec, weights_uri
from kubenas.steps.setup import RunContext, resolve_context
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import find_document
from kubenas.training.evaluation import EVALUATION_FILE, ComparedModelKind, Evaluation
from kubenas.trial import Task, TrainedNetwork

_STEP, _NEXT = "evaluate", "promote"


@dataclass(frozen=True)
class EvaluateResult:
    """The evaluation of the model and the decision on its promotion."""

    evaluation: Evaluation
    decision: Decision
    next: Verdict | Literal["promoted"]
    """Verdict of the decision; promoted if the model is already in production."""


def evaluate(context: RunContext) -> EvaluateResult:
    """Evaluates the exported model and decides on its promotion.

    Reuses a finished evaluation, and a decision if the rule and the champion have not changed.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output, search = context.output, context.search_id
    with running_step(_STEP, output, key=search):
        context = resolve_context(context)
        status = StatusWriter(output, _STEP, search=search)
        choice = read_choice(output, search)
        default = _default_network(context, choice) if choice else None
        schema = read_schema(open_storage(context.dataset))
        check = evaluation_check(schema, networks=_networks(context, default))
        task = _task(context, choice, default, check)
        challenger = read_evaluated_model(run_model_task(task, context, status), check)
        decision = decide_promotion(context, challenger, status)
        plan_step(output, _NEXT, key=search, due=decision.verdict == "promote")
        done = is_step_done(output, _NEXT, key=search)
        return EvaluateResult(
            challenger.evaluation, decision, "promoted" if done else decision.verdict
        )


def read_evaluation(output: Storage, search: str) -> Evaluation | None:
    """Returns the evaluation of a search's model; None if it has not been evaluated.

    Raises:
        DocumentUnusable: The evaluation is unreadable or was modified.
    """
    records = open_attempt_records(output, search)
    attempt = records.finished(_STEP)
    if attempt is None:
        return None
    records.check_unchanged(_STEP)
    name = f"{search_folder(search)}/{_STEP}/a{attempt}/{EVALUATION_FILE}"
    return find_document(output, name, Evaluation, what="an evaluation")


def evaluation_metrics(evaluated: EvaluateResult) -> dict[str, float]:
    """Returns the metrics that Kubeflow shows, by name."""
    evaluation, comparison = evaluated.evaluation, evaluated.decision.comparison
    interval = evaluation.accuracy_interval
    metrics = {
        "test_accuracy": evaluation.accuracy,
        "test_accuracy_low": interval.low,
        "test_accuracy_high": interval.high,
        "test_loss": evaluation.loss,
        "test_macro_f1": evaluation.macro_f1,
    }
    further = {
        "test_balanced_accuracy": evaluation.balanced_accuracy,
        "test_roc_auc": evaluation.roc_auc,
        "test_average_precision": evaluation.average_precision,
    }
    metrics |= {name: value for name, value in further.items() if value is not None}
    if comparison is not None:
        metrics |= {
            "gain_over_champion": comparison.difference,
            "gain_over_champion_low": comparison.low,
            "gain_over_champion_high": comparison.high,
        }
    return metrics


def _task(
    context: RunContext,
    choice: Choice | None,
    default: TrainedNetwork | None,
    check: EvaluationCheck,
) -> ModelTask:
    output, model = context.output, exported_model(context.output, context.search_id)
    if choice is None or model is None:
        raise UserError(f"{output.uri}: no model has been exported yet; run the steps in order")
    return ModelTask(
        task=Task.EVALUATE,
        stage=_STEP,
        folder=_STEP,
        trial=choice.chosen.trial,
        space=context.space,
        model=model,
        check=check,
        simple_models=True,
        default_network=default,
        backbone=context.backbone,
    )


def _networks(context: RunContext, default: TrainedNetwork | None) -> set[ComparedModelKind]:
    """Returns the networks that the evaluation compares the model with."""
    asked: dict[ComparedModelKind, bool] = {
        "default": default is not None,
        "pretrained": context.backbone is not None,
    }
    return {kind for kind, wanted in asked.items() if wanted}


def _default_network(context: RunContext, choice: Choice) -> TrainedNetwork | None:
    """Returns the retrained default network; None if there is none or if it is the chosen one."""
    default = choice.default
    if default is None or default.trial == choice.chosen.trial:
        return None
    spec = training_spec(context, default)
    return TrainedNetwork(
        hyperparameters=spec.hyperparameters,
        weights=weights_uri(default),
        seconds=default.result.seconds,
    )
