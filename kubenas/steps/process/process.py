"""The process of a step: its log, its end, and what it says when it fails."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from kubenas.errors import KubenasError
from kubenas.steps.process.logs import set_up_logging
from kubenas.steps.process.parent_watch import exit_with_parent, interrupt_on_sigterm

ERROR_PREFIX = "Error: "
"""Begins the line of the log that says why a step failed. Kubeflow's UI shows such a line in red,
and its own launcher writes others after it."""


@contextmanager
def step_process(step: str) -> Iterator[None]:
    """Runs all that the process of ``step`` does; may be entered again within.

    A step that runs under a local parent ends when the parent dies.

    Raises:
        SystemExit: with the error's exit code, in place of any error; the log says what it was.
    """
    set_up_logging()
    exit_with_parent()
    interrupt_on_sigterm()
    try:
        yield
    except KubenasError as error:
        _exit_with_error(error)
    except Exception as error:  # noqa: BLE001
        # The boundary of the process: people find what it was in the log.
        _exit_with_error(unexpected_error(step, error))


def unexpected_error(step: str, error: Exception) -> KubenasError:
    """What ``error``, which nobody foresaw, is called; its trace goes to the log."""
    traceback.print_exception(error)
    return KubenasError(f"{step}: unexpected {type(error).__name__}: {error}")


def _exit_with_error(error: KubenasError) -> None:
    sys.stderr.write(f"{ERROR_PREFIX}{' '.join(str(error).splitlines())}\n")
    raise SystemExit(error.exit_code) from error
