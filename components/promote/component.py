"""The last step of the pipeline, if it was decided so: the model goes into production."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE


@dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)
def promote(
    run: str,
    saved_model: dsl.Input[dsl.Model],
    champion: dsl.Output[dsl.Model],
) -> None:
    """Makes the model the champion: in the output's champion log, and in the report.

    Args:
        run: The frozen config, from the step that prepares the data.
        saved_model: The exported model.
        champion: The same model, now in production, with the number of its record.
    """
    from kubenas.steps.context import RunContext
    from kubenas.steps.promote import promote as run_promotion

    record = run_promotion(RunContext.from_json(run.encode()))
    champion.uri = record.model.saved_model
    champion.metadata.update({"record": record.number, "why": record.why})
