"""The compiled pipeline on this machine, in its own process group.

kfp logs to stdout, turns exit codes of steps into tracebacks, and leaves steps running when it is
killed. It therefore runs in a child process whose output goes to a file. The child and its steps
exit when their standard input, a pipe of this process, is closed. Signals go to the whole group.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from kubenas.cli.package import package_text
from kubenas.config import Config
from kubenas.config.form import to_form
from kubenas.steps.process import ERROR_PREFIX, PARENT_WATCH, exit_with_parent

_STOP_SECONDS = 30.0
"""Time between SIGTERM and SIGKILL, in which running trials write a checkpoint."""


class LocalPipeline:
    """The running pipeline of ``config``. All its processes end with the block.

    Args:
        config: config of the run.
        folder: local folder for the log and the scratch files of kfp.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self.log = folder / "pipeline.log"
        self._scratch = folder / "artifacts"
        self._arguments = folder / "parameters.json"

    def __enter__(self) -> Self:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._arguments.write_text(json.dumps(to_form(self._config)))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, self._arguments, self._scratch],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # Otherwise kfp would import a folder docker/ in the working directory as docker.
                env={**os.environ, PARENT_WATCH: "stdin", "PYTHONSAFEPATH": "1"},
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._signal(signal.SIGTERM)
        try:
            self._wait_until_gone(_STOP_SECONDS)
        finally:  # also after a second interrupt
            self._signal(signal.SIGKILL)
            self._process.wait()

    def finished(self, timeout: float) -> bool:
        """Waits up to ``timeout`` seconds. Returns whether the pipeline has ended."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def succeeded(self) -> bool:
        """Whether all steps succeeded."""
        return self._process.returncode == 0

    def error_line(self) -> str:
        """Returns the error of the failed step or, without one, the last line of the log."""
        log = self.log.read_text(errors="replace")
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(ERROR_PREFIX)]
        return (errors or lines or [""])[-1].removeprefix(ERROR_PREFIX)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # all processes have ended

    def _wait_until_gone(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._process.poll()
            try:
                os.killpg(self._process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)


def _execute(arguments: Path, scratch: Path) -> None:
    """Runs the kfp orchestrator in the child process."""
    from kfp import components, local

    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(scratch),
        raise_on_error=True,
    )
    pipeline = components.load_component_from_text(package_text())
    pipeline(**json.loads(arguments.read_text()))


if __name__ == "__main__":
    exit_with_parent()
    _execute(Path(sys.argv[1]), Path(sys.argv[2]))
