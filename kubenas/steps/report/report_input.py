"""Gathers from an output everything that a report of its search is made of."""

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from kubenas.data.dataset.card import CARD_FILE, SHEET_FILE
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
from kubenas.storage import Storage, join, open_storage
from kubenas.storage.document import DOCUMENT_BYTES, read_document, read_object
from kubenas.training.fit.history import EpochRecord, history_from_jsonl

_logger = logging.getLogger(__name__)
_MOST_EPOCHS = 1 << 20

T = TypeVar("T")


def read_report_input(output: Storage, search: str, *, finished: bool) -> ReportInput:
    """What is known of ``search``, however far it has come.

    Raises:
        UserError: there is no such search.
        ObjectNotFound: its data set is gone.
    """
    run = read_search(output, search)
    definition = run.definition
    choice, origin = read_choice(output, search), find_lineage(output, run)
    return ReportInput(
        config=definition.config,
        search=search,
        state=run.state,
        direction=run.direction,
        **_data(definition),
        histories=_histories(output, run),
        winner=_winner(output, run, choice, origin),
        retrained=tuple(_retrained(each) for each in choice.retrained) if choice else (),
        evaluation=_if_sound(lambda: read_evaluation(output, search)),
        drift=read_drift(output, search),
        prior=read_prior(output, search),
        decision=origin.decision,
        promotion=_promotion(origin),
        lineage=origin,
        step_seconds={
            outcome.step: outcome.seconds
            for outcome in read_outcomes(output)
            if outcome.state not in {"due", "skipped"}
        },
        versions=definition.versions,
        finished=finished,
    )


def _data(definition: SearchDefinition) -> dict[str, Any]:
    """What is told of the prepared data; nothing of what a program was given."""
    if definition.space.program is not None:
        return {}
    dataset = open_storage(definition.dataset)
    return {
        "schema": read_schema(dataset),
        "card": read_object(dataset, CARD_FILE),
        "examples": dataset.read(SHEET_FILE, limit=DOCUMENT_BYTES)
        if dataset.exists(SHEET_FILE)
        else None,
    }


def _promotion(origin: Lineage) -> ChampionRecord | None:
    """What came of the decision. An earlier record is no answer to a later refusal."""
    decision = origin.decision
    return origin.promotion if decision and decision.verdict == "promote" else None


def _winner(
    output: Storage, run: SearchRun, choice: Choice | None, origin: Lineage
) -> Winner | None:
    if choice is None:
        return _best_so_far(output, run)
    result = choice.chosen.result
    return Winner(
        trial=choice.chosen.trial,
        values=run.state.trials[choice.chosen.trial].used_values,
        architecture=_architecture(open_storage(choice.chosen.prefix), "architecture.json"),
        model=origin.model,
        parameters=result.parameters,
        latency_ms=result.latency_ms,
        flops=result.flops,
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
        score=result.score,
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
            _logger.warning("%s is left out of the report: %s", name, str(error).splitlines()[0])
            return ()
    return ()


def _epoch(record: EpochRecord) -> Epoch:
    """``record`` with what can be drawn."""
    metrics = {name: value for name, value in record.metrics.items() if math.isfinite(value)}
    seconds = record.seconds if math.isfinite(record.seconds) else 0.0
    return Epoch(min(record.epoch, _MOST_EPOCHS), seconds, metrics)


def _architecture(storage: Storage, name: str) -> Mapping[str, Any] | None:
    found = _if_sound(
        lambda: read_document(
            storage, name, Architecture, what="an architecture", limit=ARCHITECTURE_BYTES
        )
    )
    return found.content() if found else None


def _if_sound(read: Callable[[], T | None]) -> T | None:
    """What ``read`` gives; None, and a word in the log: what a trial has left is of no use."""
    try:
        return read()
    except ObjectNotFound:
        return None
    except DocumentUnusable as error:
        _logger.warning("left out of the report: %s", error)
        return None
