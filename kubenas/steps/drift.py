"""Measures data drift against the data of the champion, or of the previous search."""

import logging
from contextlib import suppress

from kubenas.data.dataset.card import read_card
from kubenas.data.dataset.example_index import read_example_index
from kubenas.data.dataset.schema import read_schema
from kubenas.data.drift import DatasetSnapshot, Drift, measure_drift
from kubenas.errors import ObjectExists, ObjectNotFound
from kubenas.search.layout import search_folder
from kubenas.search.warm_start import find_earlier_search
from kubenas.serving.champion import ChampionLog
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import find_document

_logger = logging.getLogger(__name__)


def record_drift(context: RunContext) -> Drift | None:
    """Compares the data of ``context`` with earlier data and records the result.

    Returns the recorded result if it exists, and None without earlier data.
    """
    output, name = context.output, _file(context.search_id)
    if not output.exists(name):
        earlier = _earlier(output, context.search_id)
        if earlier is None:
            return None
        try:
            before = _snapshot(earlier)
        except ObjectNotFound as error:
            _logger.warning("cannot measure drift, the earlier data are missing: %s", error)
            return None
        found = measure_drift(before, _snapshot(context.dataset))
        with suppress(ObjectExists):
            output.create(name, found.to_json())
    return read_drift(output, context.search_id)


def read_drift(output: Storage, search: str) -> Drift | None:
    """Returns the result that :func:`record_drift` recorded for ``search``; None without one."""
    return find_document(output, _file(search), Drift, what="a drift measurement")


def drift_metrics(found: Drift) -> dict[str, float]:
    """Returns the metrics that Kubeflow shows, by name."""
    metrics = {
        "examples": float(found.examples),
        "examples_before": float(found.examples_before),
        "drift_findings": float(len(found.findings)),
    }
    if found.overlap is not None:
        metrics |= {f"examples_{name}": float(n) for name, n in found.overlap.model_dump().items()}
    if found.stability_index is not None:
        metrics["class_stability_index"] = found.stability_index
    return metrics


def _earlier(output: Storage, search: str) -> str | None:
    """Returns the URI of the champion's data set, or of the previous search's.

    A champion that this search found itself does not count.
    """
    champion = ChampionLog(output).champion()
    if champion is not None and champion.model.search != search:
        return champion.model.dataset
    last = find_earlier_search(output, search)
    return None if last is None else last.dataset


def _snapshot(dataset: str) -> DatasetSnapshot:
    storage = open_storage(dataset)
    return DatasetSnapshot(read_card(storage), read_schema(storage), read_example_index(storage))


def _file(search: str) -> str:
    return f"{search_folder(search)}/drift.json"
