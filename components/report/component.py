"""Step 6 of the pipeline: everything a person wants to see."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE


@dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)
def report(
    run: str,
    saved_model: dsl.Input[dsl.Model],
    metrics: dsl.Input[dsl.Metrics],
    html: dsl.Output[dsl.HTML],
    model_card: dsl.Output[dsl.Markdown],
    leaderboard: dsl.Output[dsl.Dataset],
) -> None:
    """Writes the report, the leaderboard, the model card and the summary.

    Args:
        run: The frozen config, from the step that prepares the data.
        saved_model: The exported model.
        metrics: The evaluation on the test split.
        html: The report, self-contained.
        model_card: What the model is for, how good it is, where it came from.
        leaderboard: All trials, best first, as JSON.
    """
    from pathlib import Path

    from kubenas.steps.context import RunContext
    from kubenas.steps.report import report as write_report

    written = write_report(RunContext.from_json(run.encode()))
    Path(html.path).write_text(written.html_text, encoding="utf-8")
    Path(model_card.path).write_text(written.model_card_text, encoding="utf-8")
    # Kubeflow shows what lies at URIs of its own, which are others for each run.
    html.metadata["kept_at"] = f"{written.kept_at}/report.html"
    model_card.metadata["kept_at"] = f"{written.kept_at}/model_card.md"
    leaderboard.uri = written.leaderboard
