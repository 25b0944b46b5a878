"""Step 4: the chosen model on the test split, which took no part so far."""

from kubenas.steps.context import RunContext
from kubenas.steps.model_task import finished_prefix, run_model_task
from kubenas.steps.outcome import running_step
from kubenas.storage import Storage, open_storage
from kubenas.training.evaluation import EVALUATION_FILE, Evaluation
from kubenas.trial import Task


def evaluate(context: RunContext) -> Evaluation:
    """Evaluates the chosen model once; a finished evaluation is returned as it is.

    Raises:
        SystemExit: after a mistake or failure, as :func:`running_step` tells.
    """
    with running_step("evaluate", context.output, key=context.search_id):
        done = run_model_task(Task.EVALUATE, context)
        return Evaluation.from_json(open_storage(done.prefix).read(EVALUATION_FILE))


def read_evaluation(output: Storage, search: str) -> Evaluation | None:
    """The evaluation of a search's model; None if there is none yet."""
    folder = finished_prefix(output, search, Task.EVALUATE)
    return Evaluation.from_json(output.read(f"{folder}/{EVALUATION_FILE}")) if folder else None


def scalars(evaluation: Evaluation) -> dict[str, float]:
    """The figures by which runs are compared, by name."""
    interval = evaluation.accuracy_interval
    return {
        "test_accuracy": evaluation.accuracy,
        "test_accuracy_low": interval.low,
        "test_accuracy_high": interval.high,
        "test_loss": evaluation.loss,
        "test_macro_f1": evaluation.macro_f1,
    }
