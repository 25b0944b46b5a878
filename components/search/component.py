"""Second task of the pipeline: architecture search."""

from kfp import dsl

from components.trial_settings import TRIAL_PASSTHROUGHS
from kubenas.images import CONTROLLER_IMAGE


@dsl.component(
    base_image=CONTROLLER_IMAGE,
    install_kfp_package=False,
    task_config_passthroughs=TRIAL_PASSTHROUGHS,
)
def search(
    run: str,
    search_id: dsl.OutputPath(str),  # type: ignore[valid-type]
    metrics: dsl.Output[dsl.Metrics],
    task_config: dsl.TaskConfig,
) -> None:
    """Runs the architecture search until its budget is used.

    Args:
        run: Frozen config from the task that prepares the data.
        search_id: Id of the search, its folder in the output.
        metrics: Trials by outcome, best validation score and seconds.
        task_config: Kubeflow settings of this task, applied to the trials.
    """
    from pathlib import Path

    from kubenas.steps.process import step_process
    from kubenas.steps.search import search as run_search
    from kubenas.steps.search import search_metrics
    from kubenas.steps.setup import RunContext

    with step_process("search"):
        context = RunContext.of_step(run, vars(task_config))
        for name, value in search_metrics(run_search(context)).items():
            metrics.log_metric(name, value)
        Path(search_id).write_text(context.search_id, encoding="utf-8")
