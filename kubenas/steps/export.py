"""Step 5: the chosen model in the forms that serve it, checked by loading it again."""

from kubenas.steps.context import RunContext
from kubenas.steps.model_task import finished_prefix, run_model_task
from kubenas.steps.outcome import running_step
from kubenas.storage import Storage, join
from kubenas.trial import Task

_SAVED_MODEL = "saved_model"


def export(context: RunContext) -> str:
    """Exports the chosen model.

    Returns:
        URI of the folder that holds the SavedModel under ``1/``, as model servers want it.

    Raises:
        SystemExit: after a mistake or failure, as :func:`running_step` tells.
    """
    with running_step("export", context.output, key=context.search_id):
        return join(run_model_task(Task.EXPORT, context).prefix, _SAVED_MODEL)


def exported_model(output: Storage, search: str) -> str | None:
    """The URI that :func:`export` gave; None if nothing has been exported yet."""
    folder = finished_prefix(output, search, Task.EXPORT)
    return join(output.uri, folder, _SAVED_MODEL) if folder else None
