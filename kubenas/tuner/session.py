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
from kubenas.steps.process import StatusWriter, plan_step, record_outcome
from kubenas.steps.report import read_report_input, write_report
from kubenas.steps.search import format_progress
from kubenas.steps.setup import RunContext, trial_runner
from kubenas.training.process.declared import space_json
from kubenas.tuner.following import Following, note_latest
from kubenas.tuner.oracle import SearchedOracle, TooManyFailures

_LINE_SECONDS = 30.0
_STOPPED = re.compile(r"search paused: trial \d+ attempt \d+: (?P<kind>\w+): (?P<words>.*)")
"""What a search says that a trial has stopped by an error of the user's code."""


class Session:
    """A search that ``tuner.search()`` runs in the caller's process.

    Args:
        context: its config, data and program.
        oracle: is told of its trials.
    """

    def __init__(self, context: RunContext, oracle: SearchedOracle) -> None:
        self._context = context
        self._output = context.output
        self._oracle = oracle
        self.following = Following(self._output, context.search_id, oracle)
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
            with record_outcome("search", self._output, key=self._context.search_id):
                self._take(self._searched())
            self._report()
        except TooManyFailures as error:
            raise RuntimeError(str(error)) from None
        except Interrupted as error:
            raise KeyboardInterrupt(str(error)) from None
        except UserError as error:
            raise as_keras_tuners(error) from None

    def _searched(self) -> SearchState:
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
                    on_progress=self._tell,
                    on_state=self._take,
                ).state
        except TooManyFailures:
            raise
        except SearchFailed as error:  # Keras-Tuner ends such a search as any other
            warnings.warn(str(error), stacklevel=2)
            return read_search(self._output, context.search_id).state

    def _report(self) -> None:
        output, search = self._output, self._context.search_id
        plan_step(output, "promote", key=search, due=False)
        with record_outcome("report", output, key=search):
            written = write_report(output, read_report_input(output, search, finished=True))
        self._oracle.say(f"Report {written.html}")

    def _write_space(self) -> None:
        """What the tuner found in its constructor, so that no trial is asked for it."""
        space = keras_tuner.HyperParameters()
        space.merge(self._oracle.get_space().space)
        with suppress(ObjectExists):
            self._output.create(space_file(self._context.search_id), space_json(space))

    def _take(self, state: SearchState) -> None:
        if not self._live:  # the search is defined by now: a new tuner can show it
            note_latest(self._output, self._context.search_id)
        live, self._live = self._live, True
        self.following.take(state, tell=live)

    def _tell(self, progress: Progress) -> None:
        self._status.write(progress.activity, dataclasses.asdict(progress))
        if time.monotonic() - self._said_at >= _LINE_SECONDS:
            self._said_at = time.monotonic()
            self._oracle.say(format_progress(progress))


def as_keras_tuners(error: UserError) -> Exception:
    """What Keras-Tuner would raise in the caller, where a trial has stopped the search with it."""
    found = _STOPPED.fullmatch(str(error))
    if found is None:
        return error
    known: dict[str, Any] = {RuntimeError.__name__: RuntimeError, **vars(keras_tuner.errors)}
    kind = known.get(found["kind"])
    if isinstance(kind, type) and issubclass(kind, Exception):
        return kind(found["words"])
    return error
