"""Last task of the pipeline, run if the gate decides so: promotion of the model."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE


@dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)
def promote(
    run: str,
    saved_model: dsl.Input[dsl.Model],
    champion: dsl.Output[dsl.Model],
    serving: dsl.Output[dsl.Markdown],
) -> None:
    """Hands the model over to serving, if configured, and records it in the champion log.

    Args:
        run: Frozen config from the task that prepares the data.
        saved_model: Exported model.
        champion: The same model, now in production, with its record number.
        serving: Result of the hand-over, with the InferenceService if one was created.
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
