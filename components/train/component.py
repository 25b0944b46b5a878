"""Third task of the pipeline: retraining, export, evaluation and promotion decision."""

from kfp import dsl

from components.trial_settings import TRIAL_PASSTHROUGHS
from kubenas.images import CONTROLLER_IMAGE


@dsl.component(
    base_image=CONTROLLER_IMAGE,
    install_kfp_package=False,
    task_config_passthroughs=TRIAL_PASSTHROUGHS,
)
def train(
    run: str,
    search_id: str,
    saved_model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    confusion: dsl.Output[dsl.ClassificationMetrics],
    report: dsl.Output[dsl.HTML],
    model_card: dsl.Output[dsl.Markdown],
    leaderboard: dsl.Output[dsl.Dataset],
    task_config: dsl.TaskConfig,
) -> str:
    """Retrains the best candidates, exports the best model and evaluates it on the test split.

    Args:
        run: Frozen config from the task that prepares the data.
        search_id: Id of the finished search.
        saved_model: Folder of the exported SavedModel, which takes raw examples as named inputs.
        metrics: Test accuracy with 95 % CI, loss, macro F1 and gain over the champion.
        confusion: Confusion matrix, and the ROC curve for two classes.
        report: Report as a self-contained HTML page.
        model_card: Intended use, quality and lineage of the model.
        leaderboard: All trials as JSON, best first.
        task_config: Kubeflow settings of this task, applied to the trials.

    Returns:
        Promotion decision: promote, keep or refuse; promoted if already done.
    """
    from kubenas.steps.evaluate import evaluation_metrics
    from kubenas.steps.process import step_process
    from kubenas.steps.setup import RunContext, write_copy, write_reference
    from kubenas.steps.train import train as run_training

    with step_process("train"):
        done = run_training(RunContext.of_step(run, vars(task_config)))
        chosen, written, evaluation = done.choice.chosen, done.report, done.evaluated.evaluation
        write_reference(
            saved_model,
            done.saved_model,
            framework="tensorflow",
            search=search_id,
            trial=chosen.trial,
        )
        for name, value in evaluation_metrics(done.evaluated).items():
            metrics.log_metric(name, value)
        metrics.metadata["decision"] = done.evaluated.decision.reason
        confusion.log_confusion_matrix(
            [scores.name for scores in evaluation.classes],
            [list(row) for row in evaluation.confusion],
        )
        if evaluation.roc:
            confusion.log_roc_curve(
                [point.false_positive_rate for point in evaluation.roc],
                [point.true_positive_rate for point in evaluation.roc],
                [point.threshold for point in evaluation.roc],
            )
        write_copy(report, written.html_text, f"{written.kept_at}/report.html")
        write_copy(model_card, written.model_card_text, f"{written.kept_at}/model_card.md")
        write_copy(leaderboard, written.leaderboard_text, written.leaderboard)
    return done.evaluated.next
