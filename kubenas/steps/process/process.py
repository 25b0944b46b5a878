"""Sets up the process of a step and turns errors into log lines and exit codes."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.errors import KubenasError
from kubenas.steps.process.logs import set_up_logging
from kubenas.steps.process.parent_watch import exit_with_parent, interrupt_on_sigterm

ERROR_PREFIX = "Error: "
"""Prefix of the log line with the reason of a failure. Kubeflow's UI shows such lines in red. The
launcher of Kubeflow writes more lines after it."""


@contextmanager
def step_process(step: str) -> Iterator[None]:
    """Sets up logging and signals for ``step`` and handles errors of the body. Can be nested.

    A step of a local run ends when its parent process dies.

    Raises:
        SystemExit: The body raised an error. It has the exit code of the error, which is logged.
    """
    set_up_logging()
    exit_with_parent()
    interrupt_on_sigterm()
    try:
        yield
    except KubenasError as error:
        _exit_with_error(error)
    except Exception as error:  # noqa: BLE001
        # Top level of the process: nothing else would log the error in one line.
        _exit_with_error(unexpected_error(step, error))


def unexpected_error(step: str, error: Exception) -> KubenasError:
    """Logs the traceback of ``error`` and wraps it in a KubenasError."""
    traceback.print_exception(error)
    return KubenasError(f"{step}: unexpected {type(error).__name__}: {error}")


def _exit_with_error(error: KubenasError) -> None:
    sys.stderr.write(f"{ERROR_PREFIX}{' '.join(str(error).splitlines())}\n")
    raise SystemExit(error.exit_code) from error
