"""A call of search(): runs or resumes the search of a staged program."""

import dataclasses
import re
import time
import warnings
from contextlib import suppress
from typing import Any

import keras_tuner

from kubenas.errors import Interrupted, ObjectExists, SearchFailed, UserError
from kubenas.search.journal import SearchState
from kubenas.search.layout import space_file
from kubenas.search.progress import Progress
from kubenas.search.run import read_search, run_search
from kubenas.steps.process import StatusWriter, plan_step, record_outcome
from kubenas.steps.report.report_input import read_report_input
from kubenas.steps.report.writing import write_report
from kubenas.steps.search import format_progress
from kubenas.steps.setup import RunContext, trial_runner
from kubenas.training.process.hyperparameters import space_json
from kubenas.tuner.oracle import SearchStateOracle, TooManyFailures
from kubenas.tuner.search_view import SearchView, write_latest_search

_LINE_SECONDS = 30.0
_STOPPED = re.compile(r"search paused: trial \d+ attempt \d+: (?P<kind>\w+): (?P<words>.*)")
"""Message of a search that was stopped by an error of the user's code in a trial."""


class Session:
    """Runs a search in the process that calls ``tuner.search()``.

    Args:
        context: the config, data and program of the search.
        oracle: mirrors the trials of the search.
    """

    def __init__(self, context: RunContext, oracle: SearchStateOracle) -> None:
        self._context = context
        self._output = context.output
        self._oracle = oracle
        self.view = SearchView(self._output, context.search_id, oracle)
        """The trials of the search."""
        self._live = False
        """Whether state changes are new, not read from an earlier session."""
        self._said_at = time.monotonic()
        self._status = StatusWriter(self._output, "search", search=context.search_id)

    def run(self) -> None:
        """Runs the search to its end, or reads its results if it has ended.

        Raises:
            keras_tuner.errors.FatalError: a trial raised it.
            RuntimeError: too many consecutive trials failed, or a trial raised it in a hook, which
                ends the search.
            KeyboardInterrupt: a signal was received. The same call resumes the search.
            KubenasError: see :func:`kubenas.search.run.run_search`.
        """
        self._write_space()
        try:
            with record_outcome("search", self._output, key=self._context.search_id):
                self._on_state(self._run_search())
            self._write_report()
        except TooManyFailures as error:
            raise RuntimeError(str(error)) from None
        except Interrupted as error:
            raise KeyboardInterrupt(str(error)) from None
        except UserError as error:
            raise to_keras_tuner_error(error) from None

    def _run_search(self) -> SearchState:
        context = self._context
        try:
            with trial_runner(context, step="search") as runner:
                return run_search(
                    context.config,
                    dataset=context.dataset,
                    dataset_digest=context.dataset_digest,
                    space=context.space,
                    output=self._output,
                    runner=runner,
                    on_progress=self._on_progress,
                    on_state=self._on_state,
                ).state
        except TooManyFailures:
            raise
        except SearchFailed as error:  # Keras-Tuner ends such a search normally
            warnings.warn(str(error), stacklevel=2)
            return read_search(self._output, context.search_id).state

    def _write_report(self) -> None:
        output, search = self._output, self._context.search_id
        plan_step(output, "promote", key=search, due=False)
        with record_outcome("report", output, key=search):
            written = write_report(output, read_report_input(output, search, finished=True))
        self._oracle.print_line(f"Report {written.html}")

    def _write_space(self) -> None:
        """Writes the space found in the constructor, which replaces the DESCRIBE attempt."""
        space = keras_tuner.HyperParameters()
        space.merge(self._oracle.get_space().space)
        with suppress(ObjectExists):
            self._output.create(space_file(self._context.search_id), space_json(space))

    def _on_state(self, state: SearchState) -> None:
        if not self._live:  # the search is defined now, so a new tuner can show it
            write_latest_search(self._output, self._context.search_id)
        live, self._live = self._live, True
        self.view.update(state, announce=live)

    def _on_progress(self, progress: Progress) -> None:
        self._status.write(progress.activity, dataclasses.asdict(progress))
        if time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = time.monotonic()
            self._oracle.print_line(format_progress(progress))


def to_keras_tuner_error(error: UserError) -> Exception:
    """Returns the exception that Keras-Tuner raises if a trial has stopped the search."""
    found = _STOPPED.fullmatch(str(error))
    if found is None:
        return error
    known: dict[str, Any] = {RuntimeError.__name__: RuntimeError, **vars(keras_tuner.errors)}
    kind = known.get(found["kind"])
    if isinstance(kind, type) and issubclass(kind, Exception):
        return kind(found["words"])
    return error
