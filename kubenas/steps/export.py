"""The chosen model in the forms that serve it, checked by loading it again."""

from kubenas.errors import UserError
from kubenas.steps.context import RunContext
from kubenas.steps.model_task import ModelTask, finished_prefix, run_model_task
from kubenas.steps.outcome import running_step
from kubenas.steps.retrain import read_choice
from kubenas.steps.settings import settled
from kubenas.steps.status import StatusWriter
from kubenas.storage import Storage, join
from kubenas.trial import Task

_STEP = "export"
_SAVED_MODEL = "saved_model"
_KERAS_MODEL = "model.keras"


def export(context: RunContext) -> str:
    """Exports the chosen model.

    Returns:
        URI of the folder that holds the SavedModel under ``1/``, as model servers want it.

    Raises:
        SystemExit: after a mistake or failure, as :func:`running_step` tells.
    """
    output, search = context.output, context.search_id
    with running_step(_STEP, output, key=search):
        context = settled(context)
        choice = read_choice(output, search)
        if choice is None:
            raise UserError(f"{output.uri}: nothing has been retrained yet; run the steps in order")
        what = ModelTask(
            task=Task.EXPORT,
            stage=_STEP,
            folder=_STEP,
            trial=choice.chosen.trial,
            space=context.space,
            model=choice.model,
        )
        done = run_model_task(what, context, StatusWriter(output, _STEP, search=search))
        return join(done.prefix, _SAVED_MODEL)


def exported_model(output: Storage, search: str) -> str | None:
    """The URI that :func:`export` gave; None if nothing has been exported yet."""
    return _exported(output, search, _SAVED_MODEL)


def exported_keras_model(output: Storage, search: str) -> str | None:
    """URI of the exported model.keras, which takes raw examples; None if there is none yet."""
    return _exported(output, search, _KERAS_MODEL)


def _exported(output: Storage, search: str, name: str) -> str | None:
    folder = finished_prefix(output, search, _STEP)
    return join(output.uri, folder, name) if folder else None
