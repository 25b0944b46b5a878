"""Reads the input of a report from an output."""

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from kubenas.data.dataset.card import CARD_FILE, CONTACT_SHEET_FILE
from kubenas.data.dataset.schema import read_schema
from kubenas.errors import DocumentUnusable, ObjectNotFound
from kubenas.reporting.lineage import Lineage
from kubenas.reporting.network import ARCHITECTURE_BYTES, Architecture
from kubenas.reporting.report_input import Epoch, ReportInput, Retrained, Winner
from kubenas.search.definition import SearchDefinition
from kubenas.search.journal import TrialState
from kubenas.search.layout import attempt_folder
from kubenas.search.run import SearchRun, read_search
from kubenas.search.warm_start import read_prior
from kubenas.serving.champion import ChampionRecord
from kubenas.steps.drift import read_drift
from kubenas.steps.evaluate import read_evaluation
from kubenas.steps.process import read_outcomes
from kubenas.steps.report.lineage import find_lineage
from kubenas.steps.retrain import Choice, Retraining, read_choice
from kubenas.steps.setup import read_config_lock
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import DOCUMENT_BYTES, read_document, read_object
from kubenas.training.fit.history import EpochRecord, history_from_jsonl

_logger = logging.getLogger(__name__)
_MOST_EPOCHS = 1 << 20

T = TypeVar("T")


def read_report_input(output: Storage, search: str, *, finished: bool) -> ReportInput:
    """Reads the data of ``search`` that its report shows. The search may be unfinished.

    Raises:
        UserError: The search does not exist.
        ObjectNotFound: The data set was deleted.
    """
    run = read_search(output, search)
    definition = run.definition
    choice, lineage = read_choice(output, search), find_lineage(output, run)
    return ReportInput(
        config=definition.config,
        written=read_config_lock(output),
        search=search,
        state=run.state,
        direction=run.direction,
        **_data(definition),
        histories=_histories(output, run),
        winner=_winner(output, run, choice, lineage),
        retrained=tuple(_retrained(each) for each in choice.retrained) if choice else (),
        default_trial=choice.default.trial if choice and choice.default else None,
        evaluation=_read_if_valid(lambda: read_evaluation(output, search)),
        drift=read_drift(output, search),
        prior=read_prior(output, search),
        decision=lineage.decision,
        promotion=_promotion(lineage),
        lineage=lineage,
        step_seconds={
            outcome.step: outcome.seconds
            for outcome in read_outcomes(output)
            if outcome.state not in {"due", "skipped"}
        },
        versions=definition.versions,
        finished=finished,
    )


def _data(definition: SearchDefinition) -> dict[str, Any]:
    """Reads schema, data card and example images; empty for a search of the tuner, without data."""
    if definition.space.program is not None:
        return {}
    dataset = open_storage(definition.dataset)
    return {
        "schema": read_schema(dataset),
        "card": read_object(dataset, CARD_FILE),
        "examples": dataset.read(CONTACT_SHEET_FILE, limit=DOCUMENT_BYTES)
        if dataset.exists(CONTACT_SHEET_FILE)
        else None,
    }


def _promotion(lineage: Lineage) -> ChampionRecord | None:
    """Returns the promotion that the decision led to, not one of an earlier decision."""
    decision = lineage.decision
    return lineage.promotion if decision and decision.verdict == "promote" else None


def _winner(
    output: Storage, run: SearchRun, choice: Choice | None, lineage: Lineage
) -> Winner | None:
    if choice is None:
        return _best_so_far(output, run)
    result = choice.chosen.result
    return Winner(
        trial=choice.chosen.trial,
        values=run.state.trials[choice.chosen.trial].used_values,
        architecture=_architecture(open_storage(choice.chosen.prefix), "architecture.json"),
        model=lineage.model,
        parameters=result.parameters,
        latency_ms=result.latency_ms,
        flops=result.flops,
        precision=result.precision,
    )


def _best_so_far(output: Storage, run: SearchRun) -> Winner | None:
    ranked = run.state.ranked(run.direction)
    if not ranked or ranked[0].end is None or ranked[0].end.attempt is None:
        return None
    best, attempt = ranked[0], ranked[0].end.attempt
    folder = attempt_folder(run.id, best.number, attempt)
    architecture = _architecture(output, join(folder, "architecture.json"))
    return Winner(best.number, best.used_values, architecture)


def _retrained(retraining: Retraining) -> Retrained:
    result = retraining.result
    return Retrained(
        trial=retraining.trial,
        seed=retraining.seed,
        score=None if retraining.with_validation else result.score,
        with_validation=retraining.with_validation,
        seconds=result.seconds,
        epochs=result.epochs,
        message=result.message,
    )


def _histories(output: Storage, run: SearchRun) -> dict[int, tuple[Epoch, ...]]:
    return {trial.number: _history(output, run.id, trial) for trial in run.state.trials.values()}


def _history(output: Storage, search: str, trial: TrialState) -> tuple[Epoch, ...]:
    for started in reversed(trial.started):
        name = join(attempt_folder(search, trial.number, started.attempt), "history.jsonl")
        try:
            data = output.read(name, limit=DOCUMENT_BYTES)
            return tuple(map(_epoch, history_from_jsonl(data[: data.rfind(b"\n") + 1])))
        except ObjectNotFound:
            continue
        except (DocumentUnusable, ValidationError) as error:
            _logger.warning("the report does not include %s: %s", name, str(error).splitlines()[0])
            return ()
    return ()


def _epoch(record: EpochRecord) -> Epoch:
    """Converts ``record``; drops values that are not finite, which plots cannot show."""
    metrics = {name: value for name, value in record.metrics.items() if math.isfinite(value)}
    seconds = record.seconds if math.isfinite(record.seconds) else 0.0
    return Epoch(min(record.epoch, _MOST_EPOCHS), seconds, metrics)


def _architecture(storage: Storage, name: str) -> Mapping[str, Any] | None:
    found = _read_if_valid(
        lambda: read_document(
            storage, name, Architecture, what="an architecture", limit=ARCHITECTURE_BYTES
        )
    )
    return found.content() if found else None


def _read_if_valid(read: Callable[[], T | None]) -> T | None:
    """Calls ``read``; returns None if the file is missing, or logs a warning if it is invalid."""
    try:
        return read()
    except ObjectNotFound:
        return None
    except DocumentUnusable as error:
        _logger.warning("not included in the report: %s", error)
        return None
