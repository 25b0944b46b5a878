"""Step 5 of the pipeline: the model in the forms that serve it."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE


@dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)
def export(run: str, model: dsl.Input[dsl.Model], saved_model: dsl.Output[dsl.Model]) -> None:
    """Exports the chosen model as a SavedModel and checks that it predicts the same.

    Args:
        run: The frozen config, from the step that prepares the data.
        model: The model that retraining chose.
        saved_model: Folder with the SavedModel under 1/; takes raw examples, named inputs.
    """
    from kubenas.steps.context import RunContext
    from kubenas.steps.export import export as run_export

    saved_model.uri = run_export(RunContext.from_json(run.encode()))
    saved_model.metadata["framework"] = "tensorflow"
