"""An exception of an attempt -> how the attempt ended, and one line about it for people."""

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
from kubenas.spaces.user_code.importing import line_in
from kubenas.spaces.user_code.requirements import advice
from kubenas.trial import FailureClass, Outcome

_MESSAGE_LIMIT = 1000
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;]*m")
"""Keras prints in bold."""
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
SHAPE_ERRORS = (
    ValueError,
    TypeError,
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
)
"""What Keras and TensorFlow raise where sizes do not fit."""
_FRAMEWORKS = ("/keras/", "/tensorflow/")


class Phase(StrEnum):
    """How far the attempt had come: the same exception means different things."""

    LOADING = "loading the space"
    DESCRIBING = "describing the space"
    BUILDING = "building the model"
    STARTING = "starting to train"
    TRAINING = "training"
    REBUILDING = "building the trained model again"
    OTHER = "running"


class NotANumber(Exception):
    """The loss or the objective became NaN."""


class Infeasible(Exception):
    """These hyperparameters give no usable model."""


@dataclass(frozen=True)
class Failure:
    """How an attempt ended that did not complete."""

    outcome: Outcome
    kind: FailureClass
    message: str


def classify(error: BaseException, phase: Phase, *, user_file: Path | None = None) -> Failure:
    """What ``error``, raised in ``phase``, means for the attempt.

    Args:
        error: what was raised.
        phase: where.
        user_file: the file of a user's HyperModel; a line of it, or of another file of its folder,
            is named in the message.
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
    """FatalError ends Keras-Tuner's whole search, too."""
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
    """``error`` with its innermost line in the folder of ``user_file``, if it arose there."""
    found = line_in(user_file.parent, error) if user_file else None
    where = f" ({found[0]}:{found[1]}){advice(error)}" if found else ""
    return f"{type(error).__name__}: {error}{where}"


def single_line(text: str, limit: int = _MESSAGE_LIMIT) -> str:
    """``text`` without breaks and terminal codes, at most ``limit`` characters of it."""
    line = " ".join(_TERMINAL_CODES.sub("", text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


class AttemptFailed(Exception):
    """The attempt is over, and this is why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


@contextmanager
def classify_errors(phase: Phase, *, user_file: Path | None = None) -> Iterator[None]:
    """Turns whatever is raised within into :class:`AttemptFailed`; see :func:`classify`."""
    try:
        yield
    except AttemptFailed:
        raise
    except Exception as error:  # user code and TensorFlow raise anything; classify sorts it
        raise AttemptFailed(classify(error, phase, user_file=user_file)) from error
