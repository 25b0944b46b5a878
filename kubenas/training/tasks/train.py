"""The TRAIN task: fits one model, from the first epoch or from a checkpoint."""

import json
import logging
import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.callbacks import History

from kubenas.data.kinds.registry import example_tensors
from kubenas.training.fit.average import WeightAverage
from kubenas.training.fit.callback import TrainingCallback
from kubenas.training.fit.checkpoint import CHECKPOINT_FOLDER, TrainingState
from kubenas.training.fit.history import HISTORY_FILE
from kubenas.training.fit.kept_weights import kept_epoch, restore_kept_weights
from kubenas.training.fit.label_format import takes_one_hot
from kubenas.training.fit.learning_rate import LearningRate, own_rate
from kubenas.training.fit.resume import resume_training
from kubenas.training.fit.score import means, missing_objective, reported_metrics
from kubenas.training.fit.variables import create_variables
from kubenas.training.model.architecture import ARCHITECTURE_FILE, describe_architecture
from kubenas.training.model.candidate import (
    Candidate,
    build_trial_candidate,
    kept_model,
    user_file,
)
from kubenas.training.model.measure import measure_cost
from kubenas.training.model.trained_weights import (
    SAMPLE_PREDICTIONS_FILE,
    WEIGHTS_FILE,
    write_trained_weights,
)
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import (
    AttemptFailed,
    Failure,
    Infeasible,
    NotANumber,
    Phase,
    classify,
    classify_errors,
)
from kubenas.training.process.keras_settings import reset_keras
from kubenas.training.process.stopping import DeadlinePassed, NotResumable, Terminated
from kubenas.training.tasks.batches import training_batches, validation_batches
from kubenas.training.tasks.limits import check_limits
from kubenas.trial import FailureClass, Outcome, Result

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _FitResult:
    """Result of a call of ``fit``."""

    reported: dict[str, float] | None
    """Metrics that a user-defined ``fit`` returned."""
    cut_short: bool


def train(attempt: Attempt) -> Result:
    """Trains the model. Writes history, architecture and, if planned, weights and checkpoint.

    Raises:
        AttemptFailed: there is no score.
        Terminated: SIGTERM was received. The checkpoint contains the state.
    """
    try:
        return _train(attempt, resume_from=attempt.spec.resume_from)
    except NotResumable as reason:
        _LOG.warning("training starts from the beginning: %s", reason)
        reset_keras()
        return _train(attempt, resume_from=None)


def _train(attempt: Attempt, *, resume_from: str | None) -> Result:
    candidate = build_trial_candidate(attempt)
    _prepare(attempt, candidate)
    architecture = json.dumps(describe_architecture(candidate.model), indent=1)
    attempt.storage.write(ARCHITECTURE_FILE, architecture.encode())
    if (too_large := check_limits(attempt, candidate)) is not None:
        return too_large
    rate = None if attempt.plan.schedule == "none" else own_rate(candidate.model)
    resumed = resume_training(candidate.model, attempt.plan, resume_from)
    average = WeightAverage.of(candidate.model, attempt.plan, resumed)
    callback = TrainingCallback(
        plan=attempt.plan,
        model=candidate.model,
        storage=attempt.storage,
        termination=attempt.termination,
        deadline=attempt.spec.deadline,
        resumed=resumed,
        average=average,
        objective_in_logs=not (candidate.own_fit or attempt.plan.with_validation),
    )
    try:
        callbacks: list[keras.callbacks.Callback] = [callback]
        if rate is not None:
            callbacks.append(LearningRate(rate, lambda: callback.schedule))
        if average is not None:
            callbacks.append(average)
        fitted = _fit(attempt, candidate, callback, callbacks)
        return _result(attempt, candidate, callback, fitted)
    except Terminated:
        callback.save_checkpoint()
        raise
    finally:
        callback.save_history()


def _prepare(attempt: Attempt, candidate: Candidate) -> None:
    """Checks the output shape and creates the variables that training needs.

    Raises:
        AttemptFailed: the output is not one probability per class.
    """
    classes = len(attempt.schema.classes)
    with classify_errors(Phase.BUILDING, user_file=user_file(attempt)):
        if tuple(candidate.output.shape) != (1, classes):
            raise Infeasible(
                f"the model's output has shape {tuple(candidate.output.shape)} for one example; it"
                f" must be (1, {classes}): a probability for each of the {classes} classes"
            )
        one_hot = takes_one_hot(candidate.model)
        label = np.zeros((1, classes), np.float32) if one_hot else np.zeros(1, np.int32)
        create_variables(candidate.model, candidate.example, label, candidate.output)


def _fit(
    attempt: Attempt,
    candidate: Candidate,
    callback: TrainingCallback,
    callbacks: list[keras.callbacks.Callback],
) -> _FitResult:
    plan = attempt.plan
    if not candidate.own_fit and callback.next_epoch == plan.epochs:
        return _FitResult(reported=None, cut_short=False)
    try:
        with attempt.termination.deferred():
            returned = _call_fit(attempt, candidate, callbacks, first=callback.next_epoch)
        reported = _own_metrics(returned, candidate, callback)
        return _FitResult(
            reported_metrics(reported, plan.objective, plan.direction),
            cut_short=callback.shortened,
        )
    except DeadlinePassed:
        return _FitResult(reported=None, cut_short=True)
    except Exception as error:  # user code and TensorFlow may raise any exception
        if candidate.own_fit and callback.resumed and not callback.has_trained:
            raise NotResumable("fit() fails if no epoch is left to train") from error
        phase = Phase.TRAINING if callback.has_trained else Phase.STARTING
        file = user_file(attempt)
        raise AttemptFailed(classify(error, phase, user_file=file)) from error


def _own_metrics(returned: Any, candidate: Candidate, callback: TrainingCallback) -> Any:
    """Returns the return value of a user-defined ``fit``, or None if the epochs' logs count.

    Raises:
        NotResumable: the returned score covers only the epochs after the checkpoint.
    """
    if not candidate.own_fit:
        return None
    if callback.resumed and isinstance(returned, History):
        return None  # the callback also has the epochs of earlier attempts
    if callback.resumed and returned is not None:
        raise NotResumable("fit() returns its own score")
    return returned


def _call_fit(
    attempt: Attempt,
    candidate: Candidate,
    callbacks: list[keras.callbacks.Callback],
    *,
    first: int,
) -> Any:
    plan = attempt.plan
    return candidate.hypermodel.fit(
        candidate.hp,
        candidate.model,
        training_batches(attempt, candidate, first_epoch=first),
        validation_data=None if plan.with_validation else validation_batches(attempt, candidate),
        epochs=plan.epochs,
        initial_epoch=first,
        callbacks=callbacks,
        verbose=0,
    )


def _result(
    attempt: Attempt, candidate: Candidate, callback: TrainingCallback, fitted: _FitResult
) -> Result:
    state, objective = callback.state, attempt.plan.objective
    _keep_weights(attempt, candidate, callback)
    metrics = _metrics(attempt, candidate, state, fitted)
    for name in attempt.plan.further_metrics:
        if name not in metrics:
            raise AttemptFailed(classify(missing_objective(name, metrics), Phase.TRAINING))
    score = metrics[objective]
    if math.isnan(score):
        raise AttemptFailed(classify(NotANumber(f"{objective} is NaN"), Phase.TRAINING))
    kept = kept_model(attempt, candidate)
    cost = measure_cost(kept, example_tensors(attempt.schema).network_spec)
    return Result(
        task=attempt.spec.task,
        trial=attempt.spec.trial,
        attempt=attempt.spec.attempt,
        outcome=Outcome.COMPLETED,
        score=score,
        metrics=metrics,
        epochs=state.epochs if state else 0,
        best_epoch=kept_epoch(attempt.plan, state) if state else None,
        cut_short=fitted.cut_short,
        parameters=candidate.model.count_params(),
        flops=cost.flops,
        latency_ms=cost.latency_ms,
        precision=candidate.model.dtype_policy.name,
        declared=attempt.hyperparameters.declared(),
        artifacts=_write_artifacts(attempt, kept, callback),
    )


def _keep_weights(attempt: Attempt, candidate: Candidate, callback: TrainingCallback) -> None:
    if candidate.own_fit and not callback.called:
        _LOG.warning(
            "fit() did not pass its callbacks to model.fit(): no checkpoints, no deadline within"
            " the training and no best epoch; keeping the final weights"
        )
    elif callback.state is not None:
        restore_kept_weights(attempt.plan, callback.state, candidate.model)


def _metrics(
    attempt: Attempt, candidate: Candidate, state: TrainingState | None, fitted: _FitResult
) -> dict[str, float]:
    """Returns the metrics of the kept epoch, or those that a user-defined ``fit`` returned."""
    if fitted.reported is not None:
        return fitted.reported
    if state is None and fitted.cut_short:
        message = "the deadline passed before the first epoch ended; increase the time limit"
        raise AttemptFailed(Failure(Outcome.FAILED, FailureClass.DEADLINE, message))
    if state is not None and attempt.plan.with_validation:
        model, examples = candidate.model, validation_batches(attempt, candidate)
        evaluated = means(model.evaluate(examples, verbose=0, return_dict=True))
        return {**state.history[-1].metrics, **{f"val_{k}": v for k, v in evaluated.items()}}
    if state is None or state.best.epoch is None:
        seen = state.history[-1].metrics if state else {}
        missing = missing_objective(attempt.plan.objective, seen)
        raise AttemptFailed(classify(missing, Phase.TRAINING))
    best = next(record for record in state.history if record.epoch == state.best.epoch)
    return best.metrics


def _write_artifacts(
    attempt: Attempt, model: keras.Model, callback: TrainingCallback
) -> dict[str, str]:
    """Writes the artifacts of the plan and returns the paths of all artifacts by name."""
    artifacts = {"history": HISTORY_FILE, "architecture": ARCHITECTURE_FILE}
    if attempt.plan.keep_checkpoint:
        callback.save_checkpoint()
        artifacts["checkpoint"] = CHECKPOINT_FOLDER
    if attempt.plan.keep_model:
        with classify_errors(Phase.OTHER):
            write_trained_weights(attempt, model)
        artifacts |= {"weights": WEIGHTS_FILE, "sample_predictions": SAMPLE_PREDICTIONS_FILE}
    return artifacts
