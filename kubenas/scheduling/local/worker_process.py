"""A worker process that runs attempts one after another.

The protocol is JSON lines. The runner writes ``{"spec": URI, "nonce": "...", "digest": "..."}`` to
the worker's stdin. The worker writes ``{"ready": true}`` to its stdout after its imports, then
``{"started": {...}}`` and ``{"ended": {...}, "failure": null | "storage", "message": ""}`` for each
attempt. The worker exits when its stdin closes, and thus never outlives the runner.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from kubenas.storage import join
from kubenas.trial import AttemptSpec, FailureClass

_TAIL_BYTES = 4096
_TAIL_LINES = 3


class WorkerProcess:
    """Starts ``command`` in its own process group and appends its stderr to ``log``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.ready = False
        self.attempts_served = 0
        """Attempts assigned to the worker so far."""
        self._log = log
        self._unread = b""
        with log.open("ab") as stderr:
            self._log_start = stderr.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=dict(environment),
                start_new_session=True,
                bufsize=0,
            )
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        os.set_blocking(self.fileno(), False)

    @property
    def pid(self) -> int:
        """Process id, which is also the process group id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, or the negative signal number; None while the process runs."""
        return self._process.poll()

    def fileno(self) -> int:
        """File descriptor of its stdout, for selectors."""
        return self._stdout.fileno()

    def assign(self, spec: AttemptSpec) -> bool:
        """Assigns an attempt, which starts once the worker is ready. False: the worker has died."""
        uri = join(spec.prefix, "spec.json")
        request = {"spec": uri, "nonce": spec.nonce, "digest": spec.digest}
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
        except OSError:
            return False
        self.attempts_served += 1
        return True

    def read(self) -> tuple[list[Mapping[str, Any]], bool]:
        """Returns the replies received so far and whether stdout is closed. Does not block."""
        closed = False
        with suppress(BlockingIOError):
            while True:
                data = os.read(self.fileno(), 65536)
                self._unread += data
                closed = not data
                if closed:
                    break
        *lines, self._unread = self._unread.split(b"\n")
        return [reply for line in lines if (reply := _parse_reply(line)) is not None], closed

    def terminate(self) -> None:
        """Sends SIGTERM to the process group."""
        self._signal(signal.SIGTERM)

    def kill(self, patience: float = 0.0) -> int:
        """Sends SIGKILL to the process group, including children of a dead worker.

        Args:
            patience: seconds to wait for the worker to exit by itself first.

        Returns:
            Its exit code.
        """
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._signal(signal.SIGKILL)
        return self._process.wait()

    def close(self) -> None:
        """Closes the runner's ends of the pipes."""
        self._stdin.close()
        self._stdout.close()

    def stderr_tail(self) -> str:
        """Returns the last lines of its stderr, joined by ``|``."""
        with self._log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return " | ".join([line.strip() for line in lines if line.strip()][-_TAIL_LINES:])

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a zombie's group
            os.killpg(self.pid, number)


def classify_exit(exit_code: int, *, ready: bool) -> tuple[FailureClass, str]:
    """Returns the failure class and a message for a worker that exited during an attempt.

    Args:
        exit_code: see :attr:`WorkerProcess.exit_code`.
        ready: whether the worker had completed its imports.
    """
    killed_from_outside = exit_code in (-signal.SIGKILL, -signal.SIGTERM, 128 + signal.SIGTERM)
    if exit_code < 0:
        message = f"worker process killed by signal {-exit_code}"
    else:
        message = f"worker process exited with {exit_code}"
    if not ready and not killed_from_outside:
        return FailureClass.CONFIGURATION, f"{message} before it was ready"
    if exit_code < 0 or killed_from_outside:
        return FailureClass.NODE_LOSS, message
    return FailureClass.APPLICATION, message


def _parse_reply(line: bytes) -> Mapping[str, Any] | None:
    """Parses a reply; None if the line is not a JSON object, such as a library's output."""
    try:
        reply = json.loads(line)
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None
