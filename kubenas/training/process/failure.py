"""Classification of exceptions: outcome, failure class and message of an attempt."""

import errno
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import tensorflow as tf
from keras_tuner.errors import FailedTrialError, FatalError

from kubenas.errors import KubenasError, StorageError, UserError
from kubenas.spaces.user_code.importing import locate_error
from kubenas.spaces.user_code.requirements import missing_module_hint
from kubenas.trial import FailureClass, Outcome

_MESSAGE_LIMIT = 1000
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m")
"""Keras uses bold text in messages."""
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
SHAPE_ERRORS = (
    ValueError,
    TypeError,
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
)
"""Exceptions that Keras and TensorFlow raise for incompatible shapes."""
_FRAMEWORKS = ("/keras/", "/tensorflow/")


class Phase(StrEnum):
    """The phase of an attempt. The same exception has a different cause in each phase."""

    LOADING = "loading the space"
    DESCRIBING = "describing the space"
    BUILDING = "building the model"
    STARTING = "starting to train"
    TRAINING = "training"
    REBUILDING = "rebuilding the trained model"
    OTHER = "running"


class NotANumber(Exception):
    """The loss, the objective or a prediction is NaN."""


class Infeasible(Exception):
    """The hyperparameters do not give a valid model."""


@dataclass(frozen=True)
class Failure:
    """Outcome, failure class and message of an attempt that did not complete."""

    outcome: Outcome
    kind: FailureClass
    message: str


def classify(error: BaseException, phase: Phase, *, user_file: Path | None = None) -> Failure:
    """Classifies ``error``, raised in ``phase``.

    Args:
        error: the exception.
        phase: the phase in which it was raised.
        user_file: the file of a user-defined HyperModel. The message names the line in its folder
            that raised the error.
    """
    outcome, kind = _apply_rules(error, phase)
    return Failure(outcome, kind, _message(error, phase, user_file))


def _apply_rules(error: BaseException, phase: Phase) -> tuple[Outcome, FailureClass]:
    for applies, outcome, kind in _RULES:
        if applies(error, phase):
            return outcome, kind
    return Outcome.FAILED, FailureClass.APPLICATION


def _is_storage(error: BaseException, _phase: Phase) -> bool:
    full = isinstance(error, OSError) and error.errno in _DISK_FULL
    return full or isinstance(error, StorageError)


def _is_host_oom(error: BaseException, _phase: Phase) -> bool:
    exhausted = isinstance(error, tf.errors.ResourceExhaustedError)
    return isinstance(error, MemoryError) or (exhausted and "device:CPU" in str(error))


def _is_device_oom(error: BaseException, _phase: Phase) -> bool:
    return isinstance(error, tf.errors.ResourceExhaustedError)


def _is_configuration(error: BaseException, phase: Phase) -> bool:
    """Keras-Tuner's FatalError ends the search, as in Keras-Tuner."""
    ends_search = isinstance(error, UserError | FatalError)
    return ends_search or phase in {Phase.LOADING, Phase.DESCRIBING}


def _is_nan(error: BaseException, _phase: Phase) -> bool:
    return isinstance(error, NotANumber)


def _is_invalid_graph(error: BaseException, phase: Phase) -> bool:
    if isinstance(error, Infeasible | FailedTrialError) or phase is Phase.BUILDING:
        return True
    return (
        phase is Phase.STARTING and isinstance(error, SHAPE_ERRORS) and _raised_by_framework(error)
    )


def _raised_by_framework(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and any(part in frames[-1].filename for part in _FRAMEWORKS)


_RULES: tuple[tuple[Callable[[BaseException, Phase], bool], Outcome, FailureClass], ...] = (
    (_is_storage, Outcome.FAILED, FailureClass.STORAGE),
    (_is_nan, Outcome.INFEASIBLE, FailureClass.NAN),
    (_is_host_oom, Outcome.INFEASIBLE, FailureClass.HOST_OOM),
    (_is_device_oom, Outcome.INFEASIBLE, FailureClass.DEVICE_OOM),
    (_is_configuration, Outcome.FAILED, FailureClass.CONFIGURATION),
    (_is_invalid_graph, Outcome.INFEASIBLE, FailureClass.INVALID_GRAPH),
)


def _message(error: BaseException, phase: Phase, user_file: Path | None) -> str:
    if isinstance(error, KubenasError | NotANumber | Infeasible):
        return single_line(str(error))
    return single_line(f"{phase}: {describe_error(error, user_file)}")


def describe_error(error: BaseException, user_file: Path | None) -> str:
    """Formats ``error`` with its innermost line in the folder of ``user_file``, if any."""
    found = locate_error(user_file.parent, error) if user_file else None
    where = f" ({found[0]}:{found[1]}){missing_module_hint(error)}" if found else ""
    return f"{type(error).__name__}: {error}{where}"


def single_line(text: str, limit: int = _MESSAGE_LIMIT) -> str:
    """Returns ``text`` on one line, without terminal codes, cut to ``limit`` characters."""
    line = " ".join(_TERMINAL_CODES.sub("", text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


class AttemptFailed(Exception):
    """The attempt failed. ``failure`` contains the reason."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@contextmanager
def classify_errors(phase: Phase, *, user_file: Path | None = None) -> Iterator[None]:
    """Converts exceptions to :class:`AttemptFailed`. See :func:`classify`."""
    try:
        yield
    except AttemptFailed:
        raise
    except Exception as error:  # user code and TensorFlow may raise any exception
        raise AttemptFailed(classify(error, phase, user_file=user_file)) from error
