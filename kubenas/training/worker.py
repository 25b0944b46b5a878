"""The trial process: ``python -m kubenas.training.worker SPEC_URI``, or ``--serve``.

Exit codes: 0, a result is in place; 2, the spec cannot be understood; 75, the store refused;
143, ended after a checkpoint by SIGTERM, or because the search is gone.
"""

import importlib
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import cast

from pydantic import ValidationError

from kubenas.errors import KubenasError, StorageError, UserError
from kubenas.storage import open_storage, split
from kubenas.training.capture import captured_output, tail
from kubenas.training.channel import Channel
from kubenas.training.heartbeat import HeartbeatWatch
from kubenas.training.software import software
from kubenas.training.stopping import TERMINATED_EXIT_CODE, Terminated, Termination
from kubenas.trial import BEGUN_FILE, AttemptSpec, Begun, FailureClass, Result

RESULT_FILE = "result.json"
LOG_FILE = "log.txt"
STORAGE_EXIT_CODE = 75

_RunTask = Callable[[AttemptSpec, Termination], Result]


def run_attempt(
    spec: AttemptSpec, load_tasks: Callable[[], _RunTask], termination: Termination
) -> None:
    """Runs one attempt and leaves log and result; one that has its result is left alone.

    Raises:
        StorageError: the store refused; there is no result.
        Terminated: SIGTERM came.
    """
    storage = open_storage(spec.prefix)
    if storage.exists(RESULT_FILE):
        return
    begun = Begun(at=time.time())
    storage.write(BEGUN_FILE, begun.to_json())
    run_task, spec = load_tasks(), spec.begun(begun.at)
    with captured_output() as log:
        try:
            result = run_task(spec, termination)
        finally:
            storage.write(LOG_FILE, tail(log))
    told = result.model_copy(update={"software": software()})
    storage.write(RESULT_FILE, told.to_json())


def read_spec(uri: str) -> AttemptSpec:
    """The spec at ``uri``.

    Raises:
        StorageError: it cannot be read.
        UserError: it is not a spec of this version.
    """
    folder, name = split(uri)
    try:
        return AttemptSpec.from_json(open_storage(folder).read(name))
    except ValidationError as error:
        raise UserError(f"{uri}: not an attempt's spec of this version of kubenas") from error


def serve(channel: Channel, termination: Termination) -> None:
    """Runs attempts as they are asked for, until the parent is gone."""
    run_task = _load_tasks()
    channel.reply(ready=True)
    for uri in channel.requests():
        spec = read_spec(uri)
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
    """TensorFlow is imported here, after stdout has been put aside."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    tasks = importlib.import_module("kubenas.training.tasks.run")
    tasks.configure_tensorflow()
    return cast("_RunTask", tasks.run_task)


def main(arguments: Sequence[str]) -> int:
    """Runs the worker; the process's exit code."""
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
            _run_alone(read_spec(arguments[0]), termination)
    except Terminated:
        sys.stderr.write(f"{termination.reason}\n")
        return TERMINATED_EXIT_CODE
    except KubenasError as error:
        sys.stderr.write(f"{error}\n")
        return STORAGE_EXIT_CODE if isinstance(error, StorageError) else error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
