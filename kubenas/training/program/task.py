"""The TRAIN task of a program: one trial of the user's tuner, run by Keras-Tuner.

Keras-Tuner controls executions, callbacks, checkpoints, scoring and retries of failures. After a
lost attempt, the next attempt starts from the beginning.
"""

from pathlib import Path
from typing import Any

import keras
import keras_tuner
from keras_tuner.engine.trial import Trial

from kubenas.training.fit.history import HISTORY_FILE
from kubenas.training.process.attempt import Attempt
from kubenas.training.process.failure import (
    AttemptFailed,
    Failure,
    Phase,
    classify,
    classify_errors,
)
from kubenas.training.process.stopping import DeadlinePassed
from kubenas.training.program.epoch_log import EpochLog
from kubenas.training.program.error_location import format_error
from kubenas.training.program.hyperband import stage_earlier_trial
from kubenas.training.program.layout import TRIAL_FOLDER
from kubenas.training.program.load import Program, load_program
from kubenas.training.program.oracle import SingleTrialOracle, reset_trial, trial_name
from kubenas.trial import DeclaredHyperparameters, FailureClass, Outcome, Result

_INFRASTRUCTURE_FAILURES = frozenset(
    {FailureClass.STORAGE, FailureClass.HOST_OOM, FailureClass.DEVICE_OOM}
)
"""Failures with their own retry rules, even if user code raised them."""


def run_program(attempt: Attempt) -> Result:
    """Runs the trial. Writes its history and, if it completed, the tuner's trial folder.

    The result of a trial whose last retry failed has no failure class, so that the search starts no
    further attempt.

    Raises:
        AttemptFailed: there is no result for a reason outside the trial.
        Terminated: SIGTERM was received.
    """
    keras.utils.set_random_seed(attempt.plan.seed)
    with classify_errors(Phase.LOADING):
        program = load_program(attempt.spec.space.program or "")
    options = program.oracle
    attempt.hyperparameters.allow_new = options["tune_new_entries"] and options["allow_new_entries"]
    name = trial_name(attempt.spec.trial, options["max_trials"])
    trial = Trial(attempt.hyperparameters.hp, trial_id=name, status="RUNNING")
    log = EpochLog(attempt.storage, attempt.spec.deadline, attempt.termination)
    _prepare(program, trial, log, attempt)
    try:
        declared = _run(attempt, program, trial)
    except DeadlinePassed as error:
        message = (
            "the search's deadline passed before the trial had a result; increase its time limit"
        )
        failure = Failure(Outcome.FAILED, FailureClass.DEADLINE, message)
        raise AttemptFailed(failure) from error
    finally:
        log.write()
    result = _result(attempt, program, trial, log)
    return result.model_copy(update={"declared": declared})


def _prepare(program: Program, trial: Trial, log: EpochLog, attempt: Attempt) -> None:
    """Gives the unpickled tuner an oracle and a working folder."""
    tuner, folder = program.tuner, str(attempt.scratch)
    space = keras_tuner.HyperParameters()
    space.merge(trial.hyperparameters.space)
    tuner.oracle = SingleTrialOracle(trial, space, program.oracle)
    tuner.directory, tuner.project_name, tuner.epoch_log = folder, "tuner", log
    tuner.oracle._set_project_dir(folder, "tuner")  # noqa: SLF001  # as every Tuner does
    if attempt.spec.resume_from:
        stage_earlier_trial(tuner, trial.hyperparameters.values, attempt.spec.resume_from)


def _run(attempt: Attempt, program: Program, trial: Trial) -> DeclaredHyperparameters:
    """Runs the trial and its retries. See Keras-Tuner's BaseTuner.search().

    Returns:
        The hyperparameters that the user's code has defined.
    """
    tuner, declared = program.tuner, DeclaredHyperparameters()
    for _ in range(tuner.oracle.max_retries_per_trial + 1):
        reset_trial(trial)
        try:
            tuner.on_trial_begin(trial)
            _run_once(attempt, program, trial)
            declared = attempt.hyperparameters.declared()  # before the oracle reads every value
            tuner.on_trial_end(trial)
        except AttemptFailed:
            raise
        except (
            Exception
        ) as error:  # an error in a hook or the oracle ends the search in Keras-Tuner
            attempt.termination.check()  # user code may have converted Terminated to an error
            raise _search_failure(error) from error
        if trial.status != "INVALID":
            break
    return declared


def _run_once(attempt: Attempt, program: Program, trial: Trial) -> None:
    try:
        program.tuner._run_and_update_trial(  # noqa: SLF001  # it validates the results
            trial, *program.args, **program.kwargs
        )
        trial.status = "COMPLETED"
    except keras_tuner.errors.FatalError:
        raise
    except Exception as error:  # user code may raise any exception
        attempt.termination.check()
        failure = classify(error, Phase.TRAINING)
        if failure.kind in _INFRASTRUCTURE_FAILURES:
            raise AttemptFailed(failure) from error
        failed = isinstance(error, keras_tuner.errors.FailedTrialError)
        trial.status = "FAILED" if failed else "INVALID"
        trial.message = format_error(error)


def _search_failure(error: Exception) -> AttemptFailed:
    """Returns the failure that stops the search, as in Keras-Tuner."""
    return AttemptFailed(Failure(Outcome.FAILED, FailureClass.CONFIGURATION, format_error(error)))


def _result(attempt: Attempt, program: Program, trial: Trial, log: EpochLog) -> Result:
    common: dict[str, Any] = {
        "task": attempt.spec.task,
        "trial": attempt.spec.trial,
        "attempt": attempt.spec.attempt,
        "epochs": log.epochs,
        "cut_short": log.cut_short,
        "parameters": log.parameters,
    }
    if trial.status != "COMPLETED":
        message = trial.message or f"the objective is {trial.score}"
        return Result(outcome=Outcome.FAILED, message=message, **common)
    folder = Path(program.tuner.get_trial_dir(trial.trial_id))
    attempt.storage.upload_tree(folder, TRIAL_FOLDER)
    return Result(
        outcome=Outcome.COMPLETED,
        score=float(trial.score),
        metrics=_metrics(trial),
        best_epoch=int(trial.best_step),
        artifacts={"history": HISTORY_FILE, "trial": TRIAL_FOLDER},
        **common,
    )


def _metrics(trial: Trial) -> dict[str, float]:
    tracked = trial.metrics
    return {name: float(tracked.get_best_value(name)) for name in tracked.metrics}
