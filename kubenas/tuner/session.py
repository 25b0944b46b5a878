"""One call of search(): the search of a staged program is run or taken up, and followed."""

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
from kubenas.steps.process import StatusWriter, expect_step, recorded
from kubenas.steps.report import gather, write_report
from kubenas.steps.search import progress_line
from kubenas.steps.setup import RunContext, trial_runner
from kubenas.training.process.hyperparameters import space_json
from kubenas.tuner.oracle import SearchStateOracle, TooManyFailures
from kubenas.tuner.search_view import SearchView, write_latest_search

_LINE_SECONDS = 30.0
_STOPPED = re.compile(r"search paused: trial \d+ attempt \d+: (?P<kind>\w+): (?P<words>.*)")
"""What a search says that a trial has stopped by an error of the user's code."""


class Session:
    """A search that ``tuner.search()`` runs in the caller's process.

    Args:
        context: its config, data and program.
        oracle: is told of its trials.
    """

    def __init__(self, context: RunContext, oracle: SearchStateOracle) -> None:
        self._context = context
        self._output = context.output
        self._oracle = oracle
        self.view = SearchView(self._output, context.search_id, oracle)
        """The trials that there are."""
        self._live = False
        """Whether trials that begin or end do so now."""
        self._said_at = time.monotonic()
        self._status = StatusWriter(self._output, "search", search=context.search_id)

    def run(self) -> None:
        """Runs the search to its end, or reads it if it is over.

        Raises:
            keras_tuner.errors.FatalError: a trial raised it.
            RuntimeError: more trials in a row have failed than the tuner allows, or a trial raised
                it in a place where it ends a search.
            KeyboardInterrupt: a signal came; the same call goes on.
            KubenasError: see :func:`kubenas.search.run.run_search`.
        """
        self._write_space()
        try:
            with recorded("search", self._output, key=self._context.search_id):
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
        except SearchFailed as error:  # Keras-Tuner ends such a search as any other
            warnings.warn(str(error), stacklevel=2)
            return read_search(self._output, context.search_id).state

    def _write_report(self) -> None:
        output, search = self._output, self._context.search_id
        expect_step(output, "promote", key=search, due=False)
        with recorded("report", output, key=search):
            written = write_report(output, gather(output, search, finished=True))
        self._oracle.print_line(f"Report {written.html}")

    def _write_space(self) -> None:
        """What the tuner found in its constructor, so that no trial is asked for it."""
        space = keras_tuner.HyperParameters()
        space.merge(self._oracle.get_space().space)
        with suppress(ObjectExists):
            self._output.create(space_file(self._context.search_id), space_json(space))

    def _on_state(self, state: SearchState) -> None:
        if not self._live:  # the search is defined by now: a new tuner can show it
            write_latest_search(self._output, self._context.search_id)
        live, self._live = self._live, True
        self.view.update(state, announce=live)

    def _on_progress(self, progress: Progress) -> None:
        self._status.write(progress.activity, dataclasses.asdict(progress))
        if time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = time.monotonic()
            self._oracle.print_line(progress_line(progress))


def to_keras_tuner_error(error: UserError) -> Exception:
    """What Keras-Tuner would raise in the caller, where a trial has stopped the search with it."""
    found = _STOPPED.fullmatch(str(error))
    if found is None:
        return error
    known: dict[str, Any] = {RuntimeError.__name__: RuntimeError, **vars(keras_tuner.errors)}
    kind = known.get(found["kind"])
    if isinstance(kind, type) and issubclass(kind, Exception):
        return kind(found["words"])
    return error
