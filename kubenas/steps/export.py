"""The chosen model in the forms that serve it, checked by loading it again."""

from kubenas.errors import DocumentUnusable, UserError
from kubenas.search.attempts import open_attempt_records
from kubenas.steps.model_task import ModelTask, finished_prefix, run_model_task
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.retrain import read_choice, trained_by
from kubenas.steps.setup import RunContext, settled
from kubenas.storage import Storage, join, open_storage
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
            model=choice.weights,
            trained_by=trained_by(context, choice),
            check=_check_export,
        )
        done = run_model_task(what, context, StatusWriter(output, _STEP, search=search))
        return join(done.prefix, _SAVED_MODEL)


def exported_model(output: Storage, search: str) -> str | None:
    """The URI that :func:`export` gave; None if nothing has been exported yet."""
    folder = finished_prefix(output, search, _STEP)
    return join(output.uri, folder, _SAVED_MODEL) if folder else None


def exported_keras_model(output: Storage, search: str) -> str | None:
    """URI of the exported model.keras, which takes raw examples; None if there is none."""
    folder = finished_prefix(output, search, _STEP)
    name = f"{folder}/{_KERAS_MODEL}"
    return join(output.uri, name) if folder and output.exists(name) else None


def check_export_unchanged(output: Storage, search: str) -> None:
    """Checks that the exported model is what the export left.

    Raises:
        DocumentUnusable: it has been changed since, or its record cannot be read.
    """
    open_attempt_records(output, search).check_unchanged(_STEP)


def _check_export(prefix: str) -> None:
    """Checks that an attempt has left one SavedModel: of several versions a server takes the last.

    Raises:
        DocumentUnusable: it has not.
    """
    storage, model = open_storage(prefix), f"{_SAVED_MODEL}/1/"
    names = [info.name for info in storage.list(f"{_SAVED_MODEL}/")]
    if f"{model}saved_model.pb" not in names:
        raise DocumentUnusable(f"{join(prefix, model)}: the export has left no SavedModel")
    if odd := [name for name in names if not name.startswith(model)]:
        raise DocumentUnusable(f"{join(prefix, odd[0])}: no part of the exported model")
