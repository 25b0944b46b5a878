"""Step 5 of the pipeline: the exported model meets the test split and the model in production."""

from kfp import dsl

from components.trial_settings import FOR_TRIALS
from kubenas.images import CONTROLLER_IMAGE


@dsl.component(
    base_image=CONTROLLER_IMAGE,
    install_kfp_package=False,
    task_config_passthroughs=FOR_TRIALS,
)
def evaluate(
    run: str,
    saved_model: dsl.Input[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    confusion: dsl.Output[dsl.ClassificationMetrics],
    task_config: dsl.TaskConfig,
) -> str:
    """Evaluates the exported model once on the test split, and the champion beside it.

    Args:
        run: The frozen config, from the step that prepares the data.
        saved_model: The exported model.
        metrics: Test accuracy and its 95 % interval, loss, macro F1, the gain over the champion.
        confusion: Confusion matrix, and the ROC curve where there are two classes.
        task_config: What is set on this task in Kubeflow, for the trials.

    Returns:
        What is decided about the model's promotion: promote, keep or refuse.
    """
    from kubenas.steps.context import RunContext
    from kubenas.steps.evaluate import evaluate as run_evaluation
    from kubenas.steps.evaluate import scalars

    evaluated = run_evaluation(RunContext.of_step(run, vars(task_config)))
    evaluation = evaluated.evaluation
    for name, value in scalars(evaluated).items():
        metrics.log_metric(name, value)
    metrics.metadata["decision"] = evaluated.decision.reason
    names = [scores.name for scores in evaluation.classes]
    confusion.log_confusion_matrix(names, [list(row) for row in evaluation.confusion])
    if evaluation.roc:
        confusion.log_roc_curve(
            [point.false_positive_rate for point in evaluation.roc],
            [point.true_positive_rate for point in evaluation.roc],
            [point.threshold for point in evaluation.roc],
        )
    return evaluated.decision.verdict
