"""Step 2 of the pipeline: architectures are proposed and tried."""

from kfp import dsl

from kubenas.images import CONTROLLER_IMAGE


@dsl.component(base_image=CONTROLLER_IMAGE, install_kfp_package=False)
def search(run: str, search_id: dsl.OutputPath(str), metrics: dsl.Output[dsl.Metrics]) -> None:  # type: ignore[valid-type]
    """Searches architectures until the budget is used.

    Args:
        run: The frozen config, from the step that prepares the data.
        search_id: Names the search below the output.
        metrics: Trials by outcome, the best validation score, seconds.
    """
    from pathlib import Path

    from kubenas.steps.context import RunContext
    from kubenas.steps.search import search as run_search
    from kubenas.steps.search import search_metrics

    context = RunContext.from_json(run.encode())
    done = run_search(context)
    for name, value in search_metrics(done).items():
        metrics.log_metric(name, value)
    Path(search_id).write_text(context.search_id, encoding="utf-8")
