"""The last step of the pipeline, if it was decided so: the model goes into production."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE


@dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)
def promote(
    run: str,
    saved_model: dsl.Input[dsl.Model],
    champion: dsl.Output[dsl.Model],
    serving: dsl.Output[dsl.Markdown],
) -> None:
    """Has the model served, if the config says so, and enters it in the output's champion log.

    Args:
        run: The frozen config, from the step that prepares the data.
        saved_model: Names the exported model.
        champion: Names the same model, now in production, and the number of its record.
        serving: What serving made of it; the InferenceService, if there is one.
    """
    from pathlib import Path

    from kubenas.reporting.cards import render_handoff
    from kubenas.steps.process import step_process
    from kubenas.steps.promote import promote as run_promotion
    from kubenas.steps.setup import RunContext, write_reference

    with step_process("promote"):
        done = run_promotion(RunContext.of_step(run))
        record = done.record
        write_reference(champion, record.model.saved_model, record=record.number, why=record.why)
        Path(serving.path).write_text(render_handoff(done.handoff), encoding="utf-8")
