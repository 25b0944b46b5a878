"""What an attempt has left behind in its folder."""

import math

from kubenas.errors import ObjectNotFound
from kubenas.search.growth import check_declared
from kubenas.search.layout import checkpoint_folder
from kubenas.storage import Storage, join
from kubenas.trial import (
    BEGUN_FILE,
    RESULT_LIMIT_BYTES,
    Begun,
    FailureClass,
    Outcome,
    Result,
    Task,
)


def read_result(
    storage: Storage, folder: str, *, attempt: int, trial: int | None = None
) -> Result | None:
    """The result of the attempt in ``folder``; None if there is none that can be believed.

    One that names another attempt cannot, nor another trial where ``trial`` is given.

    One of more than ``RESULT_LIMIT_BYTES`` cannot: whatever wrote it was no trial of ours.

    A training that claims to have completed without a finite score has failed: NaN must reach
    neither an oracle nor a ranking.
    """
    try:
        data = storage.read(f"{folder}/result.json")
        result = Result.from_json(data)
        check_declared(result.declared)
    except (ObjectNotFound, ValueError):
        return None
    named = result.attempt == attempt and trial in {None, result.trial}
    if not named or len(data) > RESULT_LIMIT_BYTES:
        return None
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


def began_at(storage: Storage, folder: str) -> float | None:
    """Unix time at which the attempt in ``folder`` began, by its own word; None: it never did."""
    try:
        return Begun.from_json(storage.read(f"{folder}/{BEGUN_FILE}")).at
    except (ObjectNotFound, ValueError):
        return None


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
        return storage.read(f"{folder}/history.jsonl").count(b"\n")
    except ObjectNotFound:
        return None
