"""What an attempt has left behind in its folder."""

import math
from typing import Final

from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.search.attempts.binding import Binding, refusal, settled
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
    storage: Storage, folder: str, binding: Binding, *, most_seconds: float
) -> Result | None:
    """The result of an attempt in ``folder``; None: it left none.

    A training that claims to have completed without a finite score has failed: NaN must reach
    neither an oracle nor a ranking.

    Args:
        storage: where it is.
        folder: of the attempt.
        binding: what the result must repeat.
        most_seconds: that the attempt can have run.

    Raises:
        DocumentUnusable: it cannot be believed; the message says why.
    """
    name = f"{folder}/{RESULT_FILE}"
    try:
        result = read_document(storage, name, Result, what="a result", limit=RESULT_LIMIT_BYTES)
        check_declared(result.declared)
    except ObjectNotFound:
        return None
    except ValueError as error:
        raise DocumentUnusable(f"{join(storage.uri, name)}: {error}") from error
    if reason := refusal(result, binding):
        raise DocumentUnusable(f"{join(storage.uri, name)}: {reason}")
    return _scored(settled(result, most_seconds=most_seconds))


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


def began_at(storage: Storage, folder: str, *, earliest: float, latest: float) -> float | None:
    """Unix time at which the attempt in ``folder`` began, by its own word; None: it never did.

    A word that cannot be read or true is not taken: then it began at ``earliest``.

    Args:
        storage: where it is.
        folder: of the attempt.
        earliest: Unix time at which its controller started it.
        latest: Unix time.
    """
    try:
        name = f"{folder}/{ATTEMPT_START_FILE}"
        begun = find_document(
            storage, name, AttemptStart, what="the time at which an attempt began"
        )
    except DocumentUnusable:
        return earliest
    if begun is None:
        return None
    return begun.at if earliest <= begun.at <= latest else earliest


def has_checkpoint(storage: Storage, folder: str) -> bool:
    """Whether the attempt in ``folder`` left a checkpoint of its own."""
    return storage.exists(f"{checkpoint_folder(folder)}/latest.json")


def checkpoint_uri(storage: Storage, folder: str) -> str | None:
    """The URI of the checkpoint that the attempt in ``folder`` left, if it left one."""
    if not has_checkpoint(storage, folder):
        return None
    return join(storage.uri, checkpoint_folder(folder))


def epochs_so_far(storage: Storage, folder: str) -> int | None:
    """Epochs that a running attempt has written down, if it has begun to."""
    try:
        history = storage.read(f"{folder}/history.jsonl", limit=DOCUMENT_BYTES)
    except (ObjectNotFound, DocumentUnusable):
        return None  # it is for people only, who are told nothing then
    return history.count(b"\n")
