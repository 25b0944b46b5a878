"""The trial process: ``python -m kubenas.training.worker SPEC_URI``, or ``--serve``.

The runner passes the nonce and the digest of the spec in the environment (one attempt) or in each
request (``--serve``), because another process may have written the file in the store.

Exit codes: 0: the result is written; 2: the spec is invalid; 75: the store failed; 143: terminated
after a checkpoint, by SIGTERM or because the heartbeat of the search stopped.
"""

import hashlib
import importlib
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import cast

from kubenas import __version__
from kubenas.errors import (
    DocumentUnusable,
    KubenasError,
    ObjectNotFound,
    StorageError,
    UserError,
)
from kubenas.storage import Storage, open_storage, split
from kubenas.storage.document import DOCUMENT_BYTES, parse_document, read_document
from kubenas.training.process.channel import Channel, Request
from kubenas.training.process.heartbeat import HeartbeatWatch
from kubenas.training.process.import_environment import set_import_environment
from kubenas.training.process.output_capture import capture_output, read_tail
from kubenas.training.process.software import software
from kubenas.training.process.stopping import TERMINATED_EXIT_CODE, Terminated, Termination
from kubenas.trial import (
    ATTEMPT_START_FILE,
    CONTROLLER_VERSION_VARIABLE,
    NONCE_VARIABLE,
    RESULT_LIMIT_BYTES,
    SPEC_DIGEST_VARIABLE,
    AttemptSpec,
    AttemptStart,
    FailureClass,
    Result,
)

RESULT_FILE = "result.json"
LOG_FILE = "log.txt"
STORAGE_EXIT_CODE = 75


class SpecChanged(KubenasError):
    """The spec was changed after the attempt was started."""


_RunTask = Callable[[AttemptSpec, Termination], Result]


def run_attempt(
    spec: AttemptSpec, load_tasks: Callable[[], _RunTask], termination: Termination
) -> None:
    """Runs one attempt and writes its log and result. Does nothing if the result exists.

    Raises:
        StorageError: the store failed. There is no result.
        Terminated: SIGTERM was received.
    """
    storage = open_storage(spec.prefix)
    if _has_result(storage, spec):
        return
    begun = AttemptStart(at=time.time())
    storage.write(ATTEMPT_START_FILE, begun.to_json())
    run_task, spec = load_tasks(), spec.with_deadline(begun.at)
    with capture_output() as log:
        try:
            result = run_task(spec, termination)
        finally:
            storage.write(LOG_FILE, read_tail(log))
    result = result.model_copy(update={"software": software(), "nonce": spec.nonce})
    storage.write(RESULT_FILE, result.to_json())


def _has_result(storage: Storage, spec: AttemptSpec) -> bool:
    """Whether this attempt has written its result, for example before a restart of its pod."""
    try:
        result = read_document(
            storage, RESULT_FILE, Result, what="a result", limit=RESULT_LIMIT_BYTES
        )
    except (ObjectNotFound, DocumentUnusable):
        return False
    return result.nonce == spec.nonce


def read_spec(request: Request) -> AttemptSpec:
    """Reads the requested spec and adds its nonce.

    Raises:
        StorageError: the spec cannot be read.
        SpecChanged: the digest of the spec does not match.
        UserError: the spec is invalid or of another version.
    """
    folder, name = split(request.spec)
    data = open_storage(folder).read(name, limit=DOCUMENT_BYTES)
    if request.digest is not None and hashlib.sha256(data).hexdigest() != request.digest:
        raise SpecChanged(f"{request.spec}: the spec was changed after the attempt was started")
    try:
        advice = _same_version(request)
        spec = parse_document(
            data,
            AttemptSpec,
            uri=request.spec,
            what="an attempt's spec",
            remedy=advice,
            update=advice,
        )
    except DocumentUnusable as error:
        raise UserError(str(error)) from error
    return spec.model_copy(update={"nonce": request.nonce})


def _same_version(request: Request) -> str:
    """What to do about a spec that cannot be understood, though it is as it was written."""
    known = f" ({request.controller})" if request.controller else ""
    return (
        "use a trainer image (runner.pod.image) with the same version of kubenas as the"
        f" controller{known}; this one has {__version__}"
    )


def serve(channel: Channel, termination: Termination) -> None:
    """Runs requested attempts until the parent exits."""
    run_task = _load_tasks()
    channel.reply(ready=True)
    for request in channel.requests():
        spec = read_spec(request)
        ref = spec.ref.model_dump()
        channel.reply(started=ref)
        failure, message = None, ""
        try:
            run_attempt(spec, lambda: run_task, termination)
        except StorageError as error:
            failure, message = FailureClass.STORAGE, str(error)
        channel.reply(ended=ref, failure=failure, message=message)


def _run_alone(spec: AttemptSpec, termination: Termination) -> None:
    if spec.heartbeat is not None:
        HeartbeatWatch(spec.heartbeat, termination).start()
    run_attempt(spec, _load_tasks, termination)


def _load_tasks() -> _RunTask:
    """Imports TensorFlow, after the channel has taken over stdout."""
    set_import_environment()
    tasks = importlib.import_module("kubenas.training.tasks.run")
    tasks.configure_tensorflow()
    return cast("_RunTask", tasks.run_task)


def main(arguments: Sequence[str]) -> int:
    """Runs the worker and returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m kubenas.training.worker (SPEC_URI | --serve)\n")
        return UserError.exit_code
    channel = Channel() if arguments[0] == "--serve" else None
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    termination = Termination()
    termination.install()
    try:
        if channel is not None:
            serve(channel, termination)
        else:
            # Removed from the environment, so that subprocesses of user code do not inherit them.
            nonce = os.environ.pop(NONCE_VARIABLE, None)
            digest = os.environ.pop(SPEC_DIGEST_VARIABLE, None)
            controller = os.environ.pop(CONTROLLER_VERSION_VARIABLE, None)
            request = Request(arguments[0], nonce, digest, controller)
            _run_alone(read_spec(request), termination)
    except Terminated:
        sys.stderr.write(f"{termination.reason}\n")
        return TERMINATED_EXIT_CODE
    except KubenasError as error:
        sys.stderr.write(f"{error}\n")
        return STORAGE_EXIT_CODE if isinstance(error, StorageError) else error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
