"""How a run's data differ from those of the champion or, without one, of the search before."""

import logging
from contextlib import suppress

from kubenas.data.dataset.card import read_card
from kubenas.data.dataset.index import read_contents
from kubenas.data.dataset.schema import read_schema
from kubenas.data.drift import Drift, Snapshot, measure_drift
from kubenas.errors import ObjectExists, ObjectNotFound
from kubenas.search.layout import search_folder
from kubenas.search.warm_start import find_earlier_search
from kubenas.serving.champion import ChampionLog
from kubenas.steps.setup import RunContext
from kubenas.storage import Storage, open_storage
from kubenas.storage.document import find_document

_logger = logging.getLogger(__name__)


def record_drift(context: RunContext) -> Drift | None:
    """Compares the data of ``context`` with earlier ones, once: a later run finds the same.

    None: there are no earlier ones, or they are gone.
    """
    output, name = context.output, _file(context.search_id)
    if not output.exists(name):
        earlier = _earlier(output, context.search_id)
        if earlier is None:
            return None
        try:
            before = _snapshot(earlier)
        except ObjectNotFound as error:
            _logger.warning("the data are not compared with earlier ones: %s", error)
            return None
        found = measure_drift(before, _snapshot(context.dataset))
        with suppress(ObjectExists):
            output.create(name, found.to_json())
    return read_drift(output, context.search_id)


def read_drift(output: Storage, search: str) -> Drift | None:
    """What :func:`record_drift` found for the data of ``search``."""
    return find_document(output, _file(search), Drift, what="a comparison of data")


def drift_scalars(found: Drift) -> dict[str, float]:
    """The figures by which runs are compared, by name."""
    scalars = {
        "examples": float(found.examples),
        "examples_before": float(found.examples_before),
        "drift_findings": float(len(found.findings)),
    }
    if found.overlap is not None:
        scalars |= {f"pictures_{name}": float(n) for name, n in found.overlap.model_dump().items()}
    if found.stability_index is not None:
        scalars["class_stability_index"] = found.stability_index
    return scalars


def _earlier(output: Storage, search: str) -> str | None:
    """URI of the data set to compare with; a search that is run again is not its own champion's."""
    champion = ChampionLog(output).champion()
    if champion is not None and champion.model.search != search:
        return champion.model.dataset
    last = find_earlier_search(output, search)
    return None if last is None else last.dataset


def _snapshot(dataset: str) -> Snapshot:
    storage = open_storage(dataset)
    return Snapshot(read_card(storage), read_schema(storage), read_contents(storage))


def _file(search: str) -> str:
    return f"{search_folder(search)}/drift.json"
