"""Readers of the files in an attempt's folder: result, checkpoint, start time, epochs."""

import math
from typing import Final

from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.search.attempts.binding import Binding, rejection_reason, sanitize_result
from kubenas.search.layout import checkpoint_folder
from kubenas.search.space import check_declared
from kubenas.storage import Storage, join
from kubenas.storage.document import DOCUMENT_BYTES, find_document, read_document
from kubenas.trial import (
    ATTEMPT_START_FILE,
    RESULT_LIMIT_BYTES,
    AttemptStart,
    FailureClass,
    Outcome,
    Result,
    Task,
)

RESULT_FILE: Final = "result.json"


def read_result(
    storage: Storage, folder: str, binding: Binding, *, max_seconds: float
) -> Result | None:
    """Reads and validates the result of the attempt in ``folder``; None if there is none.

    A completed training without a finite score becomes infeasible: NaN must not reach an oracle or
    a ranking.

    Args:
        storage: the storage of ``folder``.
        folder: the attempt's folder.
        binding: the attempt, task and nonce that the result must match.
        max_seconds: upper bound of the attempt's run time.

    Raises:
        DocumentUnusable: the result is invalid; the message says why.
    """
    name = f"{folder}/{RESULT_FILE}"
    try:
        result = read_document(storage, name, Result, what="a result", limit=RESULT_LIMIT_BYTES)
        check_declared(result.declared)
    except ObjectNotFound:
        return None
    except ValueError as error:
        raise DocumentUnusable(f"{join(storage.uri, name)}: {error}") from error
    if reason := rejection_reason(result, binding):
        raise DocumentUnusable(f"{join(storage.uri, name)}: {reason}")
    return _scored(sanitize_result(result, max_seconds=max_seconds))


def _scored(result: Result) -> Result:
    completed = result.task == Task.TRAIN and result.outcome == Outcome.COMPLETED
    if completed and (result.score is None or not math.isfinite(result.score)):
        return result.model_copy(
            update={
                "outcome": Outcome.INFEASIBLE,
                "failure": FailureClass.NAN,
                "score": None,
                "message": result.message or f"the objective is {result.score}",
            }
        )
    return result


def read_start_time(
    storage: Storage, folder: str, *, earliest: float, latest: float
) -> float | None:
    """Reads the Unix time at which the attempt in ``folder`` began; None if it never did.

    Returns ``earliest`` if the file is unreadable or the time is out of range.

    Args:
        storage: the storage of ``folder``.
        folder: the attempt's folder.
        earliest: Unix time at which the controller started the attempt.
        latest: the latest possible Unix time.
    """
    try:
        name = f"{folder}/{ATTEMPT_START_FILE}"
        begun = find_document(storage, name, AttemptStart, what="the start time of an attempt")
    except DocumentUnusable:
        return earliest
    if begun is None:
        return None
    return begun.at if earliest <= begun.at <= latest else earliest


def has_checkpoint(storage: Storage, folder: str) -> bool:
    """Whether the attempt in ``folder`` wrote a checkpoint."""
    return storage.exists(f"{checkpoint_folder(folder)}/latest.json")


def checkpoint_uri(storage: Storage, folder: str) -> str | None:
    """Returns the URI of the attempt's checkpoint folder; None if it wrote no checkpoint."""
    if not has_checkpoint(storage, folder):
        return None
    return join(storage.uri, checkpoint_folder(folder))


def epochs_so_far(storage: Storage, folder: str) -> int | None:
    """Returns the number of epochs in a running attempt's history; None if unknown."""
    try:
        history = storage.read(f"{folder}/history.jsonl", limit=DOCUMENT_BYTES)
    except (ObjectNotFound, DocumentUnusable):
        return None  # only shown to users
    return history.count(b"\n")
