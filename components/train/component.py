"""Third task of the pipeline: the winners are trained again, and one model is tested."""

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
    """Trains the best candidates again, exports the best model and evaluates it on the test split.

    Args:
        run: The frozen config, from the step that prepares the data.
        search_id: The finished search.
        saved_model: Names the folder of the exported SavedModel; takes raw examples, named inputs.
        metrics: Test accuracy and its 95 % interval, loss, macro F1, the gain over the champion.
        confusion: Confusion matrix, and the ROC curve where there are two classes.
        report: The report, self-contained.
        model_card: What the model is for, how good it is, where it came from.
        leaderboard: All trials, best first, as JSON.
        task_config: What is set on this task in Kubeflow, for the trials.

    Returns:
        What is decided about the model: promote, keep or refuse; promoted if that is done already.
    """
    from kubenas.steps.evaluate import scalars
    from kubenas.steps.process import step_process
    from kubenas.steps.setup import RunContext, hold, refer
    from kubenas.steps.train import train as run_training

    with step_process("train"):
        done = run_training(RunContext.of_step(run, vars(task_config)))
        chosen, written, evaluation = done.choice.chosen, done.report, done.evaluated.evaluation
        refer(
            saved_model,
            done.saved_model,
            framework="tensorflow",
            search=search_id,
            trial=chosen.trial,
        )
        for name, value in scalars(done.evaluated).items():
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
        hold(report, written.html_text, f"{written.kept_at}/report.html")
        hold(model_card, written.model_card_text, f"{written.kept_at}/model_card.md")
        hold(leaderboard, written.leaderboard_text, written.leaderboard)
    return done.evaluated.next
