"""Runs a task on a trained model in a trial process, because its layers may be user code."""

from dataclasses import dataclass

from kubenas.errors import ObjectNotFound, SearchFailed
from kubenas.search.attempts import Check, open_attempt_records, run_attempts
from kubenas.search.layout import search_folder
from kubenas.steps.process import StatusWriter
from kubenas.steps.search import progress_reporter
from kubenas.steps.setup import RunContext, trial_runner
from kubenas.storage import Storage, join, split
from kubenas.trial import AttemptSpec, Outcome, Result, SpaceRef, Task, TrainedNetwork


@dataclass(frozen=True)
class ModelTask:
    """A task on a model."""

    task: Task
    stage: str
    """Label of the attempts, which distinguishes them from those of other steps."""
    folder: str
    """Folder of the attempts, below the search's folder."""
    trial: int
    space: SpaceRef
    """Space whose code the model is loaded with."""
    model: str
    """URI of the trained weights or of the exported model."""
    check: Check
    """Verifies the files of a finished attempt."""
    simple_models: bool = False
    """Whether an evaluation also evaluates simple models."""
    default_network: TrainedNetwork | None = None
    """The default network of the space, which an evaluation compares the model with."""
    backbone: SpaceRef | None = None
    """A space whose pretrained network an evaluation compares the model with."""
    trained_by: AttemptSpec | None = None
    """Spec of the attempt that trained the weights; its hyperparameters rebuild the model."""


@dataclass(frozen=True)
class ModelTaskResult:
    """Result of a task on a model."""

    prefix: str
    """URI of the folder with the artifacts."""
    result: Result


def run_model_task(
    model_task: ModelTask, context: RunContext, status: StatusWriter
) -> ModelTaskResult:
    """Runs ``model_task`` on the data of ``context``, or returns the result of an earlier run.

    Raises:
        SearchFailed: The attempt failed.
    """
    trained_by = model_task.trained_by
    spec = AttemptSpec(
        task=model_task.task,
        search=context.search_id,
        trial=model_task.trial,
        attempt=1,
        prefix=join(context.output.uri, search_folder(context.search_id), model_task.folder, "a1"),
        space=model_task.space,
        dataset=context.dataset,
        model=model_task.model,
        simple_models=model_task.simple_models,
        default_network=model_task.default_network,
        backbone=model_task.backbone,
        hyperparameters=trained_by.hyperparameters if trained_by else None,
        training=trained_by.training if trained_by else None,
    )
    with trial_runner(context, step=model_task.stage, attempts=1) as runner:
        (result,) = run_attempts(
            [spec],
            runner,
            records=open_attempt_records(context.output, context.search_id),
            check=model_task.check,
            on_progress=progress_reporter(status),
        )
    if result.outcome != Outcome.COMPLETED:
        raise SearchFailed(f"{model_task.stage}: {result.message}")
    return ModelTaskResult(join(split(spec.prefix)[0], f"a{result.attempt}"), result)


def finished_prefix(output: Storage, search: str, folder: str) -> str | None:
    """Returns the finished attempt's folder within the output; None if there is none.

    Raises:
        DocumentUnusable: The controller's record of the attempt is unreadable.
    """
    try:
        attempt = open_attempt_records(output, search).finished(folder)
    except ObjectNotFound:
        return None
    return f"{search_folder(search)}/{folder}/a{attempt}" if attempt else None
