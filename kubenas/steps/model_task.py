"""One attempt on the chosen model, in a trial process: its layers may be the user's code."""

from dataclasses import dataclass

from kubenas.errors import SearchFailed, UserError
from kubenas.search.attempts import run_attempts
from kubenas.search.layout import search_folder
from kubenas.steps.context import RunContext
from kubenas.steps.retrain import Choice, read_choice
from kubenas.steps.runners import trial_runner
from kubenas.steps.search import progress_teller
from kubenas.steps.settings import settled
from kubenas.steps.status import StatusWriter
from kubenas.storage import Storage, join, split
from kubenas.trial import AttemptSpec, Outcome, Result, Task


@dataclass(frozen=True)
class ModelTask:
    """What came of it."""

    prefix: str
    """URI of the folder with its artifacts."""
    result: Result
    choice: Choice


def run_model_task(task: Task, context: RunContext) -> ModelTask:
    """Runs ``task`` on the model that was chosen; finds its own finished work.

    Raises:
        UserError: nothing has been chosen yet.
        SearchFailed: the attempt failed.
    """
    context = settled(context)
    output, search = context.output, context.search_id
    choice = read_choice(output, search)
    if choice is None:
        raise UserError(f"{output.uri}: nothing has been retrained yet; run the steps in order")
    spec = AttemptSpec(
        task=task,
        search=search,
        trial=choice.chosen.trial,
        attempt=1,
        prefix=join(output.uri, _folder(search, task), "a1"),
        space=context.space,
        dataset=context.dataset,
        model=choice.model,
    )
    status = StatusWriter(output, task.value, search=search)
    with trial_runner(context, step=task.value, attempts=1) as runner:
        (result,) = run_attempts([spec], runner, on_progress=progress_teller(status))
    if result.outcome != Outcome.COMPLETED:
        raise SearchFailed(f"{task.value}: {result.message}")
    return ModelTask(join(split(spec.prefix)[0], f"a{result.attempt}"), result, choice)


def finished_prefix(output: Storage, search: str, task: Task) -> str | None:
    """The folder of the finished ``task``, below the output; None if it has not been done."""
    results = [
        info.name
        for info in output.list(f"{_folder(search, task)}/")
        if info.name.endswith("/result.json")
    ]
    for name in results:
        if Result.from_json(output.read(name)).outcome == Outcome.COMPLETED:
            return name.removesuffix("/result.json")
    return None


def _folder(search: str, task: Task) -> str:
    return f"{search_folder(search)}/{task.value}"
