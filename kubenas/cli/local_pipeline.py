"""The compiled pipeline on this machine, in a process group of its own.

kfp prints its log to stdout, turns a step's exit code into a traceback and leaves steps behind
when it is killed. So it runs in a child whose output goes to a file; the child and its steps hold
our pipe as their standard input and end when we do; a signal goes to all of them.
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
from kubenas.steps.process import ERROR_MARK, LIFELINE, end_with_parent

_STOP_SECONDS = 30.0
"""From SIGTERM to SIGKILL; running trials write a checkpoint in this time."""


class LocalPipeline:
    """The running pipeline of ``config``. Nothing of it is left when the block ends.

    Args:
        config: what to run.
        folder: local folder for kfp's log and scratch files.
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
                # Else a folder named docker/ where we stand is what kfp imports as docker.
                env={**os.environ, LIFELINE: "stdin", "PYTHONSAFEPATH": "1"},
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
        """Whether the pipeline has ended; waits up to ``timeout`` seconds for it."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def succeeded(self) -> bool:
        """Whether all steps are done."""
        return self._process.returncode == 0

    def error_line(self) -> str:
        """What the failed step said of its error, or failing that the last line there is."""
        log = self.log.read_text(errors="replace")
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(ERROR_MARK)]
        return (errors or lines or [""])[-1].removeprefix(ERROR_MARK)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # all have ended

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
    """The child: kfp's orchestrator."""
    from kfp import components, local

    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(scratch),
        raise_on_error=True,
    )
    pipeline = components.load_component_from_text(package_text())
    pipeline(**json.loads(arguments.read_text()))


if __name__ == "__main__":
    end_with_parent()
    _execute(Path(sys.argv[1]), Path(sys.argv[2]))
