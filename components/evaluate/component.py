"""Step 4 of the pipeline: the chosen model meets the test split."""

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
    model: dsl.Input[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    confusion: dsl.Output[dsl.ClassificationMetrics],
    task_config: dsl.TaskConfig,
) -> None:
    """Evaluates the chosen model once on the test split.

    Args:
        run: The frozen config, from the step that prepares the data.
        model: The model that retraining chose.
        metrics: Test accuracy and its 95 % interval, loss, macro F1.
        confusion: Confusion matrix, and the ROC curve where there are two classes.
        task_config: What is set on this task in Kubeflow, for the trials.
    """
    from kubenas.steps.context import RunContext
    from kubenas.steps.evaluate import evaluate as run_evaluation
    from kubenas.steps.evaluate import scalars

    evaluation = run_evaluation(RunContext.of_step(run, vars(task_config)))
    for name, value in scalars(evaluation).items():
        metrics.log_metric(name, value)
    names = [scores.name for scores in evaluation.classes]
    confusion.log_confusion_matrix(names, [list(row) for row in evaluation.confusion])
    if evaluation.roc:
        confusion.log_roc_curve(
            [point.false_positive_rate for point in evaluation.roc],
            [point.true_positive_rate for point in evaluation.roc],
            [point.threshold for point in evaluation.roc],
        )
