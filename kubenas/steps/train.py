"""Third task of the pipeline: from the search's best trials to a model that is decided about.

One pod does what are four steps in the log and in the output: each costs Kubeflow two pods of ten
seconds or more, and nobody runs one of them without the others.
"""

from dataclasses import dataclass

from kubenas.steps.evaluate import EvaluateResult, evaluate
from kubenas.steps.export import export
from kubenas.steps.process import step_process
from kubenas.steps.report import Report, report
from kubenas.steps.retrain import Choice, retrain
from kubenas.steps.setup import RunContext


@dataclass(frozen=True)
class TrainResult:
    """What came of the four steps."""

    choice: Choice
    saved_model: str
    """URI of the folder with the SavedModel under ``1/``."""
    evaluated: EvaluateResult
    report: Report


def train(context: RunContext) -> TrainResult:
    """Retrains the best trials, exports and evaluates the chosen model, and reports.

    Each step finds its own finished work.

    Raises:
        SystemExit: after a mistake or failure, as :func:`step_process` tells.
    """
    with step_process("train"):
        choice, model, evaluated = retrain(context), export(context), evaluate(context)
        return TrainResult(choice, model, evaluated, report(context))
