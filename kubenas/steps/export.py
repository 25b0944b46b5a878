"""The chosen model in the forms that serve it, checked by loading it again."""

from kubenas.errors import UserError
from kubenas.steps.context import RunContext
from kubenas.steps.model_task import ModelTask, finished_prefix, run_model_task
from kubenas.steps.outcome import running_step
from kubenas.steps.retrain import Choice, read_choice
from kubenas.steps.settings import settled
from kubenas.steps.status import StatusWriter
from kubenas.storage import Storage, join, open_storage
from kubenas.trial import AttemptSpec, Task

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
            trained_by=_trained_by(choice),
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


def _trained_by(choice: Choice) -> AttemptSpec:
    return AttemptSpec.from_json(open_storage(choice.chosen.prefix).read("spec.json"))
