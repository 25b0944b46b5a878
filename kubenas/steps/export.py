"""Step 4: exports the chosen model as SavedModel and Keras file and verifies the export."""

from kubenas.errors import DocumentUnusable, UserError
from kubenas.search.attempts import open_attempt_records
from kubenas.steps.model_task import ModelTask, finished_prefix, run_model_task
from kubenas.steps.process import StatusWriter, running_step
from kubenas.steps.retrain import read_choice, training_spec
from kubenas.steps.setup import RunContext, resolve_context
from kubenas.storage import Storage, join, open_storage
from kubenas.trial import Task

_STEP = "export"
_SAVED_MODEL = "saved_model"
_KERAS_MODEL = "model.keras"


def export(context: RunContext) -> str:
    """Exports the chosen model.

    Returns:
        URI of the folder with the SavedModel in ``1/``, the layout of model servers.

    Raises:
        SystemExit: See :func:`running_step`.
    """
    output, search = context.output, context.search_id
    with running_step(_STEP, output, key=search):
        context = resolve_context(context)
        choice = read_choice(output, search)
        if choice is None:
            raise UserError(
                f"{output.uri}: no model has been retrained yet; run the steps in order"
            )
        what = ModelTask(
            task=Task.EXPORT,
            stage=_STEP,
            folder=_STEP,
            trial=choice.chosen.trial,
            space=context.space,
            model=choice.weights,
            trained_by=training_spec(context, choice.chosen),
            check=_check_export,
        )
        done = run_model_task(what, context, StatusWriter(output, _STEP, search=search))
        return join(done.prefix, _SAVED_MODEL)


def exported_model(output: Storage, search: str) -> str | None:
    """Returns the URI of the exported SavedModel's folder; None before the export."""
    folder = finished_prefix(output, search, _STEP)
    return join(output.uri, folder, _SAVED_MODEL) if folder else None


def exported_keras_model(output: Storage, search: str) -> str | None:
    """Returns the URI of the exported model.keras; None if it does not exist."""
    folder = finished_prefix(output, search, _STEP)
    name = f"{folder}/{_KERAS_MODEL}"
    return join(output.uri, name) if folder and output.exists(name) else None


def check_export_unchanged(output: Storage, search: str) -> None:
    """Verifies the checksums of the exported model.

    Raises:
        DocumentUnusable: The export was modified, or its record is unreadable.
    """
    open_attempt_records(output, search).check_unchanged(_STEP)


def _check_export(prefix: str) -> None:
    """Checks that the attempt wrote one SavedModel; a server would load the last of several.

    Raises:
        DocumentUnusable: The SavedModel is missing, or there are other files.
    """
    storage, model = open_storage(prefix), f"{_SAVED_MODEL}/1/"
    names = [info.name for info in storage.list(f"{_SAVED_MODEL}/")]
    if f"{model}saved_model.pb" not in names:
        raise DocumentUnusable(f"{join(prefix, model)}: the export contains no SavedModel")
    if odd := [name for name in names if not name.startswith(model)]:
        raise DocumentUnusable(f"{join(prefix, odd[0])}: not a file of the exported model")
