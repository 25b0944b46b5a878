"""One attempt on a trained model, in a trial process: its layers may be the user's code."""

from dataclasses import dataclass

from kubenas.errors import ObjectNotFound, SearchFailed
from kubenas.search.attempts import Check, open_attempt_records, run_attempts
from kubenas.search.layout import search_folder
from kubenas.steps.process import StatusWriter
from kubenas.steps.search import progress_teller
from kubenas.steps.setup import RunContext, trial_runner
from kubenas.storage import Storage, join, split
from kubenas.trial import AttemptSpec, Outcome, Result, SpaceRef, Task


@dataclass(frozen=True)
class ModelTask:
    """What is to be done with a model."""

    task: Task
    stage: str
    """Tells its attempts from those of the search's other steps."""
    folder: str
    """Below the search's own."""
    trial: int
    space: SpaceRef
    """What the model's layers are loaded with."""
    model: str
    """URI of what the task takes: trained weights, or an exported model."""
    check: Check
    """Looks at what an attempt has left."""
    trained_by: AttemptSpec | None = None
    """The attempt whose weights they are: its hyperparameters build the model again."""


@dataclass(frozen=True)
class ModelTaskDone:
    """What came of it."""

    prefix: str
    """URI of the folder with its artifacts."""
    result: Result


def run_model_task(what: ModelTask, context: RunContext, status: StatusWriter) -> ModelTaskDone:
    """Does ``what`` on the data of ``context``; finds its own finished work.

    Raises:
        SearchFailed: the attempt failed.
    """
    trained_by = what.trained_by
    spec = AttemptSpec(
        task=what.task,
        search=context.search_id,
        trial=what.trial,
        attempt=1,
        prefix=join(context.output.uri, search_folder(context.search_id), what.folder, "a1"),
        space=what.space,
        dataset=context.dataset,
        model=what.model,
        hyperparameters=trained_by.hyperparameters if trained_by else None,
        training=trained_by.training if trained_by else None,
    )
    with trial_runner(context, step=what.stage, attempts=1) as runner:
        (result,) = run_attempts(
            [spec],
            runner,
            records=open_attempt_records(context.output, context.search_id),
            check=what.check,
            on_progress=progress_teller(status),
        )
    if result.outcome != Outcome.COMPLETED:
        raise SearchFailed(f"{what.stage}: {result.message}")
    return ModelTaskDone(join(split(spec.prefix)[0], f"a{result.attempt}"), result)


def finished_prefix(output: Storage, search: str, folder: str) -> str | None:
    """The finished attempt's folder, below the output; None if the task has not been done.

    Raises:
        DocumentUnusable: the controller's record of it cannot be read.
    """
    try:
        attempt = open_attempt_records(output, search).finished(folder)
    except ObjectNotFound:
        return None
    return f"{search_folder(search)}/{folder}/a{attempt}" if attempt else None
