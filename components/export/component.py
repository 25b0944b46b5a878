"""Step 4 of the pipeline: the model in the forms that serve it."""

from kfp import dsl

from components.trial_settings import FOR_TRIALS
from kubenas.images import CONTROLLER_IMAGE


@dsl.component(
    base_image=CONTROLLER_IMAGE,
    install_kfp_package=False,
    task_config_passthroughs=FOR_TRIALS,
)
def export(
    run: str,
    model: dsl.Input[dsl.Model],
    saved_model: dsl.Output[dsl.Model],
    task_config: dsl.TaskConfig,
) -> None:
    """Exports the chosen model as a SavedModel and checks that it predicts the same.

    Args:
        run: The frozen config, from the step that prepares the data.
        model: The model that retraining chose.
        saved_model: Folder with the SavedModel under 1/; takes raw examples, named inputs.
        task_config: What is set on this task in Kubeflow, for the trials.
    """
    from kubenas.steps.context import RunContext
    from kubenas.steps.export import export as run_export

    saved_model.uri = run_export(RunContext.of_step(run, vars(task_config)))
    saved_model.metadata["framework"] = "tensorflow"
