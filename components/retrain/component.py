"""Step 3 of the pipeline: the winners are trained again and one model is chosen."""

from kfp import dsl

from components.trial_settings import FOR_TRIALS
from kubenas.images import CONTROLLER_IMAGE


@dsl.component(
    base_image=CONTROLLER_IMAGE,
    install_kfp_package=False,
    task_config_passthroughs=FOR_TRIALS,
)
def retrain(
    run: str, search_id: str, model: dsl.Output[dsl.Model], task_config: dsl.TaskConfig
) -> None:
    """Trains the best candidates again on fresh seeds and chooses by validation.

    Args:
        run: The frozen config, from the step that prepares the data.
        search_id: The finished search.
        model: The chosen Keras model, for normalised inputs.
        task_config: What is set on this task in Kubeflow, for the trials.
    """
    from kubenas.steps.context import RunContext
    from kubenas.steps.retrain import retrain as run_retraining

    choice = run_retraining(RunContext.of_step(run, vars(task_config)))
    model.uri = choice.model
    model.metadata.update(
        {"search": search_id, "trial": choice.chosen.trial, "score": choice.chosen.result.score}
    )
