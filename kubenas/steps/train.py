"""The third task of the pipeline: the steps retrain, export, evaluate and report.

The four steps share a pod because each task of Kubeflow needs two pods, which take ten seconds or
more to start.
"""

from dataclasses import dataclass

from kubenas.steps.evaluate import EvaluateResult, evaluate
from kubenas.steps.export import export
from kubenas.steps.process import step_process
from kubenas.steps.report.writing import Report, report
from kubenas.steps.retrain import Choice, retrain
from kubenas.steps.setup import RunContext


@dataclass(frozen=True)
class TrainResult:
    """Results of the four steps."""

    choice: Choice
    saved_model: str
    """URI of the folder with the SavedModel in ``1/``."""
    evaluated: EvaluateResult
    report: Report


def train(context: RunContext) -> TrainResult:
    """Retrains the best trials, exports and evaluates the chosen model, and writes the reports.

    Each step reuses its finished work.

    Raises:
        SystemExit: See :func:`step_process`.
    """
    with step_process("train"):
        choice, model, evaluated = retrain(context), export(context), evaluate(context)
        return TrainResult(choice, model, evaluated, report(context))
